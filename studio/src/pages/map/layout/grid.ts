/** Spots and flows in, discs on a grid of stages × channels out. The same input always gives the same grid. */
import { AIR, cellKey, columnWidth, NAME_GAP, type Subs, subColumns } from "./columns"
import { LINE_HEIGHT, lines } from "./names"
import { rowOrder } from "./order"
import type { Column, Disc, Grid, Input, Room, Row, Spot } from "./types"

export const LEAST_RADIUS = 4.5
export const MOST_RADIUS = 22
/** Every disc has at least this room, so that a filter may let it grow and a finger may hit it. */
const LEAST_ROOM = 10
const LEAST_ROW = 46
const FOLDED_ROW = 30
const PAD = 4
const GAP = 6
const SPREAD = 26
const SWEEPS = 4

/** Area by customers: the largest disc has a radius of 22, the smallest 4.5. */
export const radius = (customers: number, most: number): number =>
  LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * Math.sqrt(Math.max(0, customers) / Math.max(1, most))

interface Body {
  spot: Spot
  disc: Disc
  /** What it takes in a stack, from its top to the end of its name. */
  need: number
}

export function layout(input: Input, room: Room): Grid {
  const spots = input.spots.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const sorted = { ...input, spots }
  const subs = subColumns(sorted, room)
  const columns = columnsOf(subs)
  const order = room.like ? kept(room.like, sorted) : rowOrder(sorted)
  const stacks = stacked(sorted, order, subs, columns, room)
  const rows = rowsOf(order, stacks, room)
  for (const [row, list] of perRow(stacks, rows)) settleFolded(row, list, columns)
  const open = [...stacks].filter(([, stack]) => !rows[stack[0]?.disc.row ?? 0]?.folded)
  arrange(open, rows, sorted, room)
  const discs = [...stacks.values()].flat().map(({ disc }) => disc)
  const last = columns.at(-1)
  const end = rows.at(-1)
  return {
    discs,
    at: new Map(discs.map((disc) => [disc.id, disc])),
    columns,
    rows,
    width: last ? last.x + last.width : 0,
    height: end ? end.y + end.height : 0,
  }
}

/** The rows of the grid before, and new channels below them. */
function kept(like: Grid, input: Input): string[] {
  const before = like.rows.map(({ channel }) => channel)
  const now = new Set(input.spots.map(({ channel }) => channel))
  const fresh = rowOrder(input).filter((channel) => !before.includes(channel))
  return [...before.filter((channel) => now.has(channel)), ...fresh]
}

function columnsOf({ counts, units }: Subs): Column[] {
  let x = 0
  return counts.map((subs, stage) => {
    const unit = units[stage] ?? 0
    const column = { stage, x, width: columnWidth(subs, unit), subs, unit }
    x += column.width
    return column
  })
}

function stacked(
  input: Input,
  order: string[],
  subs: Subs,
  columns: Column[],
  room: Room,
): Map<string, Body[]> {
  const most = Math.max(1, ...input.spots.map(({ customers }) => customers))
  const rowOf = new Map(order.map((channel, row) => [channel, row]))
  const stacks = new Map<string, Body[]>()
  for (const spot of input.spots) {
    const sub = subs.of.get(spot.id) ?? 0
    const column = columns[spot.stage]
    if (!column) continue
    const folded = room.folded?.has(spot.channel) ?? false
    const r = folded ? LEAST_RADIUS : Math.max(LEAST_ROOM, radius(spot.customers, most))
    const names = folded ? [] : lines(spot.label, column.unit - NAME_GAP)
    const x = column.x + column.unit * (AIR / 2 + sub + 0.5)
    const disc = { id: spot.id, x, y: 0, r, stage: spot.stage, sub, row: rowOf.get(spot.channel) ?? 0, names }
    const body = { spot, disc, need: 2 * r + 5 + LINE_HEIGHT * names.length + GAP }
    const key = `${cellKey(spot)} ${sub}`
    const stack = stacks.get(key)
    if (stack) stack.push(body)
    else stacks.set(key, [body])
  }
  return stacks
}

const height = (stack: Body[]): number => stack.reduce((sum, { need }) => sum + need, 0)

/** Each row as tall as its tallest stack needs; what is left over is shared. Never less: then the page scrolls. */
function rowsOf(order: string[], stacks: Map<string, Body[]>, room: Room): Row[] {
  const needs: number[] = order.map((channel) => (room.folded?.has(channel) ? FOLDED_ROW : LEAST_ROW))
  for (const stack of stacks.values()) {
    const row = stack[0]?.disc.row ?? 0
    if (!room.folded?.has(order[row] ?? "")) needs[row] = Math.max(needs[row] ?? 0, height(stack) + 2 * PAD)
  }
  const like = room.like
  if (like)
    order.forEach((channel, row) => {
      const before = like.rows.find((one) => one.channel === channel)
      if (before && !before.folded && !room.folded?.has(channel))
        needs[row] = Math.max(needs[row] ?? 0, before.height)
    })
  const open = order.filter((channel) => !room.folded?.has(channel)).length
  const spare = Math.max(0, room.height - needs.reduce((sum, need) => sum + need, 0)) / Math.max(1, open)
  let y = 0
  return order.map((channel, row) => {
    const folded = room.folded?.has(channel) ?? false
    const made = { channel, y, height: (needs[row] ?? 0) + (folded ? 0 : spare), folded }
    y += made.height
    return made
  })
}

function perRow(stacks: Map<string, Body[]>, rows: Row[]): [Row, Body[]][] {
  return rows
    .map((row, index): [Row, Body[]] => [
      row,
      [...stacks.values()].flat().filter(({ disc }) => disc.row === index),
    ])
    .filter(([row]) => row.folded)
}

/** The discs of a folded row side by side on its line. */
function settleFolded(row: Row, bodies: Body[], columns: Column[]): void {
  for (const column of columns) {
    const here = bodies.filter(({ disc }) => disc.stage === column.stage)
    const step = column.width / (here.length + 1)
    here
      .toSorted((a, b) => a.disc.sub - b.disc.sub || (a.spot.id < b.spot.id ? -1 : 1))
      .forEach(({ disc }, at) => {
        disc.x = column.x + step * (at + 1)
        disc.y = row.y + row.height / 2
        disc.r = Math.min(LEAST_RADIUS, step / 2 - 0.5)
      })
  }
}

/** Stacks ordered by where their flow comes from and goes to, so that ribbons run level. */
function arrange(stacks: [string, Body[]][], rows: Row[], input: Input, room: Room): void {
  const bodies = new Map(stacks.flatMap(([, stack]) => stack).map((body) => [body.spot.id, body]))
  for (const [, stack] of stacks) settle(stack, rows)
  const near = neighbors(input, bodies)
  const movable = stacks.filter(([, stack]) => stack.length > 1)
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const [, stack] of movable) {
      const pull = new Map(stack.map((body) => [body, pulled(body, near)]))
      stack.sort((a, b) => (pull.get(a) ?? 0) - (pull.get(b) ?? 0) || (a.spot.id < b.spot.id ? -1 : 1))
      settle(stack, rows)
    }
  const like = room.like
  if (!like) return
  for (const [, stack] of movable)
    if (stack.every(({ spot }) => like.at.has(spot.id))) {
      stack.sort((a, b) => (like.at.get(a.spot.id)?.y ?? 0) - (like.at.get(b.spot.id)?.y ?? 0))
      settle(stack, rows)
    }
}

function settle(stack: Body[], rows: Row[]): void {
  const row = rows[stack[0]?.disc.row ?? 0]
  if (!row) return
  const room = row.height - 2 * PAD
  const taken = height(stack)
  const gap = stack.length > 1 ? Math.max(0, Math.min(SPREAD, (room - taken) / stack.length)) : 0
  let y = row.y + PAD + (room - taken - gap * (stack.length - 1)) / 2 + GAP / 2
  for (const { disc, need } of stack) {
    disc.y = y + disc.r
    y += need + gap
  }
}

type Near = Map<string, [Body, number][]>

function neighbors(input: Input, bodies: Map<string, Body>): Near {
  const near: Near = new Map([...bodies.keys()].map((id) => [id, []]))
  for (const { from, to, customers } of input.flows) {
    const a = bodies.get(from)
    const b = bodies.get(to)
    if (!a || !b || a === b) continue
    near.get(from)?.push([b, customers])
    near.get(to)?.push([a, customers])
  }
  return near
}

function pulled(body: Body, near: Near): number {
  let sum = 0
  let weight = 0
  for (const [other, customers] of near.get(body.spot.id) ?? []) {
    sum += other.disc.y * customers
    weight += customers
  }
  return weight ? sum / weight : body.disc.y
}
