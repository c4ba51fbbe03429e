/** Spots and flows -> in which sub-column of its stage each spot stands: what is led to from within stands right. */
import { roomFor } from "./names"
import type { Input, Room, Spot } from "./types"

/** A sub-column is never narrower; it is wider where names need it, up to a point: then the map scrolls. */
export const MIN_UNIT = 64
const NAMES_UNIT = 88
/** That share of the names is to be whole. */
const WHOLE = 0.8
/** Between the names of neighbors. */
export const NAME_GAP = 6
/** Sub-columns' worth of air beside those of a stage. */
export const AIR = 0.34
/** A stage with nothing in it: room for its name, turned. */
export const SLIM = 34
/** Sub-columns are added while they stay this wide, for stages that are crowded. */
const ROOMY = 104
const ROOMY_STACK = 3

export interface Subs {
  /** Sub-columns of each stage; none in one that nothing stands in. */
  counts: number[]
  /** Sub-column of each spot. */
  of: Map<string, number>
  /** Width of a sub-column of each stage. */
  units: number[]
}

export function subColumns(input: Input, room: Room): Subs {
  const cells = cellsOf(input.spots)
  const most = mostPerStage(cells, input.stages)
  const like = room.like
  const least = leastUnit(input.spots)
  let counts: number[] = most.map((cell) =>
    cell > 6 ? 4 : cell > 4 ? 3 : cell || !input.spots.length ? 2 : 0,
  )
  let units: number[]
  if (room.wide !== undefined && counts[room.wide] && input.stages > 1) {
    counts = counts.map((subs, stage) => (stage === room.wide ? Math.max(subs, 3) : Math.min(subs, 1)))
    units = widened(counts, room, least)
  } else if (like) {
    counts = counts.map((subs, stage) => Math.max(subs, like.columns[stage]?.subs ?? 0))
    units = counts.map((_, stage) => like.columns[stage]?.unit || least)
  } else {
    counts = crowded(counts, most, room.width)
    units = counts.map(() => unit(counts, room.width, least))
  }
  return { counts, units, of: places(input, cells, counts, room) }
}

/** As wide as most names need. */
function leastUnit(spots: readonly Spot[]): number {
  const needs = spots.map(({ label }) => roomFor(label) + NAME_GAP).sort((a, b) => a - b)
  const most = needs[Math.ceil(needs.length * WHOLE) - 1] ?? MIN_UNIT
  return Math.min(NAMES_UNIT, Math.max(MIN_UNIT, most))
}

/** How wide a stage is. */
export const columnWidth = (subs: number, unit: number): number => (subs ? unit * (subs + AIR) : SLIM)

/** What slim stages leave to the others. */
const left = (counts: number[], width: number): number => width - SLIM * counts.filter((subs) => !subs).length

const unit = (counts: number[], width: number, least: number): number =>
  Math.max(least, left(counts, width) / (counts.reduce((sum, subs) => sum + (subs && subs + AIR), 0) || 1))

function widened(counts: number[], room: Room, least: number): number[] {
  const width = left(counts, room.width)
  const others = counts.filter((subs, stage) => subs && stage !== room.wide).length
  const most = others ? width * 0.6 : width
  return counts.map((subs, stage) =>
    Math.max(least, stage === room.wide ? most / (subs + AIR) : (width - most) / others / (1 + AIR)),
  )
}

/** More sub-columns where many stand on one another, as long as there is room. */
function crowded(counts: number[], most: number[], width: number): number[] {
  let now = counts
  for (;;) {
    const stacks = now.map((subs, stage) => (subs ? (most[stage] ?? 0) / subs : 0))
    const worst = stacks.indexOf(Math.max(...stacks))
    if (worst < 0 || (stacks[worst] ?? 0) <= ROOMY_STACK) return now
    const next = now.with(worst, (now[worst] ?? 1) + 1)
    if (unit(next, width, 0) < ROOMY) return now
    now = next
  }
}

export const cellKey = (spot: { channel: string; stage: number }): string => `${spot.stage} ${spot.channel}`

export function cellsOf(spots: readonly Spot[]): Map<string, Spot[]> {
  const cells = new Map<string, Spot[]>()
  for (const spot of spots) {
    const key = cellKey(spot)
    const cell = cells.get(key)
    if (cell) cell.push(spot)
    else cells.set(key, [spot])
  }
  return cells
}

function mostPerStage(cells: Map<string, Spot[]>, stages: number): number[] {
  const most = Array.from({ length: stages }, () => 0)
  for (const cell of cells.values()) {
    const stage = cell[0]?.stage ?? 0
    most[stage] = Math.max(most[stage] ?? 0, cell.length)
  }
  return most
}

function places(input: Input, cells: Map<string, Spot[]>, counts: number[], room: Room): Map<string, number> {
  const score = netFlow(input)
  const of = new Map<string, number>()
  for (const cell of cells.values()) {
    const subs = counts[cell[0]?.stage ?? 0] ?? 1
    const kept = room.like && cell.every((spot) => room.like?.at.has(spot.id)) && room.wide === undefined
    const sorted = cell.toSorted((a, b) => value(score, a) - value(score, b) || (a.id < b.id ? -1 : 1))
    sorted.forEach((spot, rank) => {
      const before = kept ? room.like?.at.get(spot.id)?.sub : undefined
      const own =
        sorted.length === 1
          ? Math.round((value(score, spot) * 0.75 + 0.5) * (subs - 1))
          : Math.floor((rank * subs) / sorted.length)
      of.set(spot.id, Math.max(0, Math.min(subs - 1, before ?? own)))
    })
  }
  return of
}

const value = (score: Map<string, number>, spot: Spot): number => score.get(spot.id) ?? 0

/** (out to later + in from same − in from earlier − out to same) / all, from −1 (entered) to 1 (left for later). */
export function netFlow({ spots, flows }: Input): Map<string, number> {
  const stageOf = new Map(spots.map((spot) => [spot.id, spot.stage]))
  const sums = new Map<string, [number, number]>(spots.map((spot) => [spot.id, [0, 0]]))
  for (const { from, to, customers } of flows) {
    const a = stageOf.get(from)
    const b = stageOf.get(to)
    if (a === undefined || b === undefined || from === to) continue
    const forward = Math.sign(b - a)
    if (forward < 0) continue
    const out = sums.get(from)
    const into = sums.get(to)
    if (out) tally(out, forward > 0 ? customers : -customers, customers)
    if (into) tally(into, forward > 0 ? -customers : customers, customers)
  }
  return new Map([...sums].map(([id, [sum, all]]) => [id, all ? sum / all : 0]))
}

function tally(sums: [number, number], sum: number, all: number): void {
  sums[0] += sum
  sums[1] += all
}
