/** Nodes and moves -> a stage for each. Who has none in the catalogue gets the one nearest to where journeys pass it. */
import { type Edge, NONE, type Node, type Places } from "./graph"

const ROUNDS = 40
const STEP = 0.5
/** What guessed stages are called, by how many there are. */
const GUESSED: Record<number, readonly string[]> = {
  1: ["Steps"],
  2: ["First steps", "Last steps"],
  3: ["First steps", "In between", "Last steps"],
  4: ["First steps", "Early", "Later", "Last steps"],
}

export function placeStages(
  told: readonly Node[],
  links: readonly Edge[],
  stages: readonly string[],
): Places {
  // in an order of their own, so that the hub's order never matters
  const nodes = told.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const moves = links.toSorted((a, b) => (a.from < b.from || (a.from === b.from && a.to < b.to) ? -1 : 1))
  const index = new Map(stages.map((stage, at) => [stage, at]))
  const named = new Map<string, number>()
  for (const { id, stage } of nodes) {
    const at = stage && stage !== NONE ? index.get(stage) : undefined
    if (at !== undefined) named.set(id, at)
  }
  if (named.size === 0) return guessed(nodes, moves, stages)
  const means = meanPositions(nodes, moves, named)
  const of = new Map(
    nodes.map(({ id }) => {
      const own = named.get(id)
      const stage = own ?? Math.min(stages.length - 1, Math.max(0, Math.round(means.get(id) ?? 0)))
      return [id, { stage, placed: own === undefined }]
    }),
  )
  return { of, stages, guessed: false }
}

/** Where each node lies between its neighbors, on the scale of stages: named ones stay, the others settle. */
function meanPositions(
  nodes: readonly Node[],
  moves: readonly Edge[],
  named: ReadonlyMap<string, number>,
): Map<string, number> {
  const at = new Map(named)
  const loose = nodes.filter(({ id }) => !named.has(id))
  if (!loose.length) return at
  const near = new Map<string, [string, number][]>(loose.map(({ id }) => [id, []]))
  for (const { from, to, customers } of moves) {
    if (from === to) continue
    near.get(from)?.push([to, customers])
    near.get(to)?.push([from, customers])
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const { id } of loose) {
      let sum = 0
      let weight = 0
      for (const [other, customers] of near.get(id) ?? []) {
        const place = at.get(other)
        if (place === undefined) continue
        sum += place * customers
        weight += customers
      }
      if (weight) at.set(id, sum / weight)
    }
  return at
}

/** No touchpoint has a stage: by how many steps lie before each, in as many columns as that fills. */
function guessed(nodes: readonly Node[], moves: readonly Edge[], stages: readonly string[]): Places {
  const depth = depths(nodes, moves)
  const sorted = nodes.toSorted(
    (a, b) => (depth.get(a.id) ?? 0) - (depth.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1),
  )
  const columns = stages.length || Math.max(1, Math.min(4, Math.ceil(nodes.length / 3)))
  const names = stages.length ? stages : (GUESSED[columns] ?? [])
  const of = new Map(
    sorted.map(({ id }, rank) => [id, { stage: Math.floor((rank * columns) / sorted.length), placed: true }]),
  )
  return { of, stages: names, guessed: true }
}

function depths(nodes: readonly Node[], moves: readonly Edge[]): Map<string, number> {
  const depth = new Map(nodes.map(({ id }) => [id, 0]))
  const into = new Map<string, [string, number][]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to, events } of moves) if (from !== to) into.get(to)?.push([from, events])
  for (let round = 0; round < ROUNDS; round++)
    for (const { id, started } of nodes) {
      let sum = 0
      let weight = started
      for (const [other, events] of into.get(id) ?? []) {
        sum += ((depth.get(other) ?? 0) + 1) * events
        weight += events
      }
      // half a step at a time: two that lead to one another would run away otherwise
      if (weight) depth.set(id, (depth.get(id) ?? 0) * STEP + (sum / weight) * (1 - STEP))
    }
  return depth
}
