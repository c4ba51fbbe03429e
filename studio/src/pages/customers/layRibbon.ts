/** Events -> where the ribbon over the channels runs: a row a channel, a dot a touchpoint, a curve between them.
 *
 * Time is bent: a long gap is longer than a short one, but a week of silence does not squeeze a busy hour. Two dots are
 * never closer than `LEAST`, so that none hides another.
 */
import { type Family, channel as told } from "@/parts/channel"

export interface Point {
  id: string
  /** Milliseconds since 1970. */
  at: number
  channel: string
  emotion: number | null
}

export interface Dot extends Point {
  x: number
  y: number
}

export interface Row {
  channel: string
  y: number
}

export interface Ribbon {
  width: number
  height: number
  rows: Row[]
  dots: Dot[]
  /** The curve through all dots. */
  path: string
  /** Days written below, where they begin. */
  days: { x: number; at: number }[]
  /** The line of emotion, "" with fewer than two answers. */
  emotion: string
  answers: Dot[]
  /** Where neither good nor bad is, and where the band ends. */
  zero: number
}

export const LEAST = 14
export const LEFT = 16
const RIGHT = 20
const TOP = 22
const ROW = 38
const BAND = 46
const DAY_WIDTH = 58
const MINUTE = 60_000
const ORDER: Family[] = ["social", "web", "app", "message", "chat", "call", "store"]

/** Bookkeeping that is no touchpoint: the same that the journey map leaves out. */
const BOOKKEEPING = new Set(["identify", "alias", "group", "consent", "decision", "response", "receipt"])

/** Whether an event is a touchpoint of a journey. `stage`: it is in the catalogue. */
export function isStep(event: { type: string; touchpoint: string; stage: string }): boolean {
  return event.touchpoint !== "" && (!BOOKKEEPING.has(event.type) || event.stage !== "")
}

/** Channels from top to bottom, always in the same order. */
export function ordered(channels: Iterable<string>): string[] {
  return [...new Set(channels)].sort(
    (a, b) =>
      ORDER.indexOf(told(a).family) - ORDER.indexOf(told(b).family) ||
      Number(told(a).shared) - Number(told(b).shared) ||
      (a < b ? -1 : 1),
  )
}

/** The ribbon of these points, at least `width` wide; more when they need it. */
export function ribbon(points: readonly Point[], width: number): Ribbon {
  const sorted = [...points].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const rows = ordered(sorted.map((one) => one.channel)).map((channel, place) => ({
    channel,
    y: TOP + place * ROW,
  }))
  const heights = new Map(rows.map(({ channel, y }) => [channel, y]))
  const steps = gaps(sorted)
  const needed = steps.reduce((sum, gap) => sum + gap, 0)
  const room = width - LEFT - RIGHT
  const stretch = needed > 0 && needed < room ? room / needed : 1
  let x = LEFT
  const dots = sorted.map((point, place) => {
    x += (steps[place - 1] ?? 0) * (place ? stretch : 0)
    return { ...point, x: round(x), y: heights.get(point.channel) ?? TOP }
  })
  const below = TOP + Math.max(0, rows.length - 1) * ROW
  const answers = dots.filter((dot) => dot.emotion !== null)
  const zero = below + 22 + BAND / 2
  const top = Math.max(2, ...answers.map((dot) => Math.abs(dot.emotion ?? 0)))
  const raised = answers.map((dot) => ({ ...dot, y: round(zero - ((dot.emotion ?? 0) / top) * (BAND / 2)) }))
  return {
    width: Math.max(width, Math.ceil(needed + LEFT + RIGHT)),
    height: below + 22 + (answers.length ? BAND + 26 : 14),
    rows,
    dots,
    path: curve(dots),
    days: days(dots),
    emotion: raised.length > 1 ? curve(raised) : "",
    answers: raised,
    zero,
  }
}

/** How wide the time between each two points is drawn, unstretched. */
function gaps(points: readonly Point[]): number[] {
  return points.slice(1).map((point, place) => {
    const minutes = Math.max(0, point.at - (points[place]?.at ?? point.at)) / MINUTE
    return LEAST + 7 * Math.log10(1 + minutes / 5)
  })
}

/** Straight along a channel, a smooth curve from one to another. */
export function curve(dots: readonly { x: number; y: number }[]): string {
  return dots
    .map(({ x, y }, place) => {
      const before = dots[place - 1]
      if (!before) return `M${x} ${y}`
      if (before.y === y) return `H${x}`
      const middle = round((before.x + x) / 2)
      return `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`
    })
    .join("")
}

/** The first dot of every day that has room for its date. */
function days(dots: readonly Dot[]): { x: number; at: number }[] {
  const found: { x: number; at: number }[] = []
  let day = ""
  for (const { x, at } of dots) {
    const now = new Date(at).toDateString()
    if (now === day) continue
    day = now
    const last = found[found.length - 1]
    if (!last || x - last.x >= DAY_WIDTH) found.push({ x, at })
  }
  return found
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
