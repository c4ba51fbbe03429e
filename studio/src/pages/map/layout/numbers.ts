/** Ribbons and what stands on the map -> where the numbers of the largest links go; one that fits nowhere is left out. */
import { type Linked, pointAt, type Ribbon } from "./ribbons"

export interface Box {
  x: number
  y: number
  w: number
  h: number
}

export interface Told {
  key: string
  text: string
  x: number
  y: number
  /** Of a change: which way. */
  way?: "more" | "less" | undefined
}

const TRIED = [0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.8]
const LETTER = 6.2

/** `beside`: a number that fits nowhere on its ribbon may stand right beside it. */
export function placed<Link extends Linked>(
  wanted: readonly { ribbon: Ribbon<Link>; key: string; text: string; way?: Told["way"] }[],
  taken: readonly Box[],
  beside = false,
): Told[] {
  const boxes = [...taken]
  const told: Told[] = []
  for (const { ribbon, key, text, way } of wanted) {
    const w = text.length * LETTER + 6
    const aside = w / 2 + 5
    const spots = beside ? [ON, [aside, 0], [-aside, 0], [0, -13], [0, 13], [0, -25], [0, 25]] : [ON]
    const box = firstFree(ribbon, w, spots, boxes)
    if (!box) continue
    boxes.push(box)
    told.push({ key, text, x: box.x + w / 2, y: box.y + 12, way })
  }
  return told
}

const ON = [0, 0]

function firstFree(
  { curve }: Ribbon,
  w: number,
  spots: readonly (readonly number[])[],
  boxes: readonly Box[],
): Box | undefined {
  for (const [dx = 0, dy = 0] of spots)
    for (const t of TRIED) {
      const [x, y] = pointAt(curve, t)
      const box = { x: x + dx - w / 2, y: y + dy - 8, w, h: 16 }
      if (box.x >= 0 && box.y >= 0 && !boxes.some((other) => meets(box, other))) return box
    }
  return undefined
}

export const meets = (a: Box, b: Box): boolean =>
  a.x < b.x + b.w && a.x + a.w > b.x && a.y < b.y + b.h && a.y + a.h > b.y
