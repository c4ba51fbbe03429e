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
}

const TRIED = [0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.8]
const LETTER = 6.2

export function placed<Link extends Linked>(
  wanted: readonly { ribbon: Ribbon<Link>; key: string; text: string }[],
  taken: readonly Box[],
): Told[] {
  const boxes = [...taken]
  const told: Told[] = []
  for (const { ribbon, key, text } of wanted) {
    const w = text.length * LETTER + 6
    for (const t of TRIED) {
      const [x, y] = pointAt(ribbon.curve, t)
      const box = { x: x - w / 2, y: y - 8, w, h: 16 }
      if (box.x < 0 || boxes.some((other) => meets(box, other))) continue
      boxes.push(box)
      told.push({ key, text, x, y: y + 4 })
      break
    }
  }
  return told
}

export const meets = (a: Box, b: Box): boolean =>
  a.x < b.x + b.w && a.x + a.w > b.x && a.y < b.y + b.h && a.y + a.h > b.y
