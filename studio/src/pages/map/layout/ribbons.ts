/** Discs and the links drawn between them -> ribbons: which side of a disc they leave at, how wide, along which curve. */
import type { Disc, Grid } from "./types"

/** What the busiest disc's links are wide together. */
export const THROUGHPUT = 30
const LEAST_WIDTH = 0.8
const TAPER = 0.26

export interface Linked {
  from: string
  to: string
  customers: number
}

export type Side = "l" | "r" | "t" | "b"
/** A cubic curve: x0 y0 x1 y1 x2 y2 x3 y3. */
export type Curve = readonly [number, number, number, number, number, number, number, number]

export interface Ribbon<Link extends Linked = Linked> {
  link: Link
  from: Disc
  to: Disc
  width: number
  sides: readonly [Side, Side]
  /** How far beside the middle of each disc it begins and ends. */
  offsets: readonly [number, number]
  curve: Curve
  /** It runs against the stages. */
  back: boolean
}

/** Pixels per customer: the busiest disc's links, in or out, are 30 px wide together. */
export function scaleOf(links: readonly Linked[]): number {
  const sums = new Map<string, number>()
  for (const { from, to, customers } of links) {
    sums.set(`o${from}`, (sums.get(`o${from}`) ?? 0) + customers)
    sums.set(`i${to}`, (sums.get(`i${to}`) ?? 0) + customers)
  }
  let most = 1
  for (const sum of sums.values()) most = Math.max(most, sum)
  return THROUGHPUT / most
}

export const widthOf = (customers: number, scale: number): number => Math.max(LEAST_WIDTH, customers * scale)

interface Draft<Link extends Linked> {
  link: Link
  from: Disc
  to: Disc
  width: number
  sides: [Side, Side]
  offsets: [number, number]
}

/** `radii`: how large each disc is drawn now (never larger than its room). */
export function ribbons<Link extends Linked>(
  grid: Grid,
  links: readonly Link[],
  scale: number,
  radii: ReadonlyMap<string, number>,
): Ribbon<Link>[] {
  const columns = byColumn(grid)
  const drafts: Draft<Link>[] = []
  for (const link of links) {
    const from = grid.at.get(link.from)
    const to = grid.at.get(link.to)
    if (!from || !to || from === to) continue
    const width = widthOf(link.customers, scale)
    drafts.push({ link, from, to, width, sides: sidesOf(from, to, columns), offsets: [0, 0] })
  }
  stackPorts(drafts)
  return drafts.map((draft) => {
    const unit = grid.columns[draft.from.stage]?.unit ?? 80
    const curve = curveOf(draft, unit, radii)
    return { ...draft, curve, back: isBack(draft.sides) }
  })
}

const isBack = ([a, b]: readonly [Side, Side]): boolean => a === "l" || (a === "t" && b === "t")
const columnOf = (disc: Disc): number => Math.round(disc.x * 2)

function byColumn(grid: Grid): Map<number, Disc[]> {
  const columns = new Map<number, Disc[]>()
  for (const disc of grid.discs) {
    const column = columns.get(columnOf(disc))
    if (column) column.push(disc)
    else columns.set(columnOf(disc), [disc])
  }
  return columns
}

/** Forward right → left; in one column bottom → top, or a bow past what lies between; backward left → right, or an arc. */
export function sidesOf(from: Disc, to: Disc, columns: Map<number, Disc[]>): [Side, Side] {
  if (columnOf(from) === columnOf(to)) {
    const low = Math.min(from.y, to.y)
    const high = Math.max(from.y, to.y)
    const down = to.y > from.y
    const between = (columns.get(columnOf(from)) ?? []).some((disc) => disc.y > low + 2 && disc.y < high - 2)
    if (between) return down ? ["r", "r"] : ["l", "l"]
    return down ? ["b", "t"] : ["t", "b"]
  }
  if (to.x > from.x) return ["r", "l"]
  return Math.abs(from.y - to.y) < 30 ? ["t", "t"] : ["l", "r"]
}

/** Ribbons side by side on each side of a disc, in the order of where they go, so that they do not cross there. */
function stackPorts<Link extends Linked>(drafts: Draft<Link>[]): void {
  const ports = new Map<string, [Draft<Link>, 0 | 1][]>()
  for (const draft of drafts)
    for (const end of [0, 1] as const) {
      const key = `${draft.sides[end]}${end ? draft.to.id : draft.from.id}`
      const port = ports.get(key)
      if (port) port.push([draft, end])
      else ports.set(key, [[draft, end]])
    }
  for (const [key, port] of ports) {
    const level = key.startsWith("l") || key.startsWith("r")
    const far = ([draft, end]: [Draft<Link>, 0 | 1]) => (end ? draft.from : draft.to)
    port.sort((a, b) => {
      const p = far(a)
      const q = far(b)
      return (level ? p.y - q.y || p.x - q.x : p.x - q.x || p.y - q.y) || a[1] - b[1]
    })
    let at = -port.reduce((sum, [draft]) => sum + draft.width, 0) / 2
    for (const [draft, end] of port) {
      draft.offsets[end] = at + draft.width / 2
      at += draft.width
    }
  }
}

const WAY: Record<Side, readonly [number, number]> = { r: [1, 0], l: [-1, 0], t: [0, -1], b: [0, 1] }

/** Where on a disc's rim a port lies: beside its middle by `offset`, as far out as the disc is round there. */
export function rim(disc: Disc, r: number, side: Side, offset: number): [number, number] {
  const bent = Math.min(0.92, Math.abs(offset) / r)
  const out = r * Math.sqrt(1 - bent * bent) + 1.5
  const [dx, dy] = WAY[side]
  return dx ? [disc.x + dx * out, disc.y + offset] : [disc.x + offset, disc.y + dy * out]
}

function curveOf<Link extends Linked>(
  draft: Draft<Link>,
  unit: number,
  radii: ReadonlyMap<string, number>,
): Curve {
  const { from, to, sides, offsets } = draft
  const [x0, y0] = rim(from, radii.get(from.id) ?? from.r, sides[0], offsets[0])
  const [x3, y3] = rim(to, radii.get(to.id) ?? to.r, sides[1], offsets[1])
  const dx = Math.abs(x3 - x0)
  const dy = Math.abs(y3 - y0)
  const bow =
    sides[0] === sides[1]
      ? sides[0] === "t"
        ? Math.min(60, 22 + dx * 0.14, Math.max(8, (Math.min(y0, y3) - 3) / 0.75))
        : Math.min(unit * 0.62, 26 + dy * 0.14)
      : WAY[sides[0]][0]
        ? Math.max(30, dx * 0.5)
        : Math.max(14, dy * 0.42)
  const a = WAY[sides[0]]
  const b = WAY[sides[1]]
  return [x0, y0, x0 + a[0] * bow, y0 + a[1] * bow, x3 + b[0] * bow, y3 + b[1] * bow, x3, y3]
}

/** A point of a curve, 0 at its begin, 1 at its end. */
export function pointAt(curve: Curve, t: number): [number, number] {
  const u = 1 - t
  const a = u * u * u
  const b = 3 * u * u * t
  const c = 3 * u * t * t
  const d = t * t * t
  return [
    a * curve[0] + b * curve[2] + c * curve[4] + d * curve[6],
    a * curve[1] + b * curve[3] + c * curve[5] + d * curve[7],
  ]
}

/** The outline of a ribbon, x y x y …: wide where it begins, a quarter of that where it ends. */
export function outline(curve: Curve, width: number, most = 48): number[] {
  const [x0, y0, x1, y1, x2, y2, x3, y3] = curve
  const steps = Math.min(most, 12 + Math.round((Math.abs(x3 - x0) + Math.abs(y3 - y0)) / 28))
  const points = new Array<number>((steps + 1) * 4)
  const end = Math.max(0.35, width * TAPER) / 2
  for (let step = 0; step <= steps; step++) {
    const t = step / steps
    const u = 1 - t
    const [x, y] = pointAt(curve, t)
    const p = u * u * (x1 - x0) + 2 * u * t * (x2 - x1) + t * t * (x3 - x2)
    const q = u * u * (y1 - y0) + 2 * u * t * (y2 - y1) + t * t * (y3 - y2)
    const half = (width / 2 + (end - width / 2) * t) / (Math.hypot(p, q) || 1)
    const back = (2 * steps + 1 - step) * 2
    points[step * 2] = x - q * half
    points[step * 2 + 1] = y + p * half
    points[back] = x + q * half
    points[back + 1] = y - p * half
  }
  return points
}

/** An outline as the `d` of a path. */
export function pathOf(points: readonly number[]): string {
  let path = "M"
  for (let at = 0; at < points.length; at += 2)
    path += `${at ? "L" : ""}${Math.round((points[at] as number) * 10) / 10} ${Math.round((points[at + 1] as number) * 10) / 10}`
  return `${path}Z`
}
