/** Laws of the layout, on maps of every size and shape. */
import { describe, expect, test } from "vitest"
import { cover } from "../../src/pages/map/graph/cover"
import { type Graph, graphOf } from "../../src/pages/map/graph/graph"
import { SLIM } from "../../src/pages/map/layout/columns"
import { layout, radius } from "../../src/pages/map/layout/grid"
import { lines, reckoned, roomFor } from "../../src/pages/map/layout/names"
import { leastCrossing, rowOrder } from "../../src/pages/map/layout/order"
import { ribbons, scaleOf, THROUGHPUT } from "../../src/pages/map/layout/ribbons"
import type { Grid, Input } from "../../src/pages/map/layout/types"
import { pictureOf, radiiOf } from "../../src/pages/map/picture"
import { answer, chance, type Wanted } from "./random"

const ROOM = { width: 1100, height: 600 }
const inputOf = (graph: Graph): Input => ({
  spots: graph.touchpoints,
  flows: graph.links,
  stages: graph.stages.length,
})

/** Maps of 1 to 400 touchpoints; with and without stages, names, links. */
const CASES: [number, Wanted][] = [
  [1, { touchpoints: 1, links: 0 }],
  [2, { touchpoints: 1, links: 3, stages: 0 }],
  [3, { touchpoints: 2, links: 1, known: 0 }],
  [4, { touchpoints: 30, stages: 1, channels: 1 }],
  [5, { touchpoints: 60, stages: 0 }],
  [6, { touchpoints: 40, known: 0 }],
  [7, { touchpoints: 400, links: 5000, channels: 10 }],
  ...Array.from({ length: 50 }, (_, at): [number, Wanted] => {
    const random = chance(at + 100)
    return [
      at + 100,
      {
        touchpoints: 1 + Math.floor(random() ** 2 * 399),
        stages: Math.floor(random() * 9),
        channels: 1 + Math.floor(random() * 10),
        known: random() < 0.3 ? random() : 1,
      },
    ]
  }),
]

describe.each(CASES)("map %i: %o", (seed, wanted) => {
  const graph = graphOf(answer(seed, wanted))
  const grid = layout(inputOf(graph), ROOM)

  test("every touchpoint has a disc, in the cell of its stage and channel", () => {
    expect(grid.discs.length).toBe(graph.touchpoints.length)
    for (const { id, stage, channel } of graph.touchpoints) {
      const disc = grid.at.get(id)
      const column = grid.columns[stage]
      const row = grid.rows.find((one) => one.channel === channel)
      if (!disc || !column || !row) throw new Error(`${id} has no place`)
      expect(disc.x - disc.r).toBeGreaterThanOrEqual(column.x)
      expect(disc.x + disc.r).toBeLessThanOrEqual(column.x + column.width)
      expect(disc.y - disc.r).toBeGreaterThanOrEqual(row.y)
      expect(disc.y + disc.r).toBeLessThanOrEqual(row.y + row.height)
    }
  })

  test("discs and their names do not overlap", () => {
    const boxes = grid.discs.map(({ x, y, r, names }) => ({
      x,
      top: y - r,
      bottom: y + r + 5 + 13 * names.length,
      r,
    }))
    boxes.sort((a, b) => a.x - b.x || a.top - b.top)
    boxes.slice(1).forEach((box, at) => {
      const before = boxes[at]
      if (before && Math.abs(before.x - box.x) < before.r + box.r)
        expect(box.top).toBeGreaterThanOrEqual(before.bottom - 1e-6)
    })
  })

  test("nothing is squeezed: rows are as tall and columns as wide as they need, then the page scrolls", () => {
    for (const { unit, width, subs } of grid.columns) {
      expect(unit).toBeGreaterThanOrEqual(64)
      expect(width).toBeGreaterThanOrEqual(subs * unit)
      if (!subs) expect(width).toBe(SLIM)
    }
    const empty = grid.columns.filter(({ stage }) => !graph.touchpoints.some((one) => one.stage === stage))
    expect(grid.columns.filter(({ subs }) => !subs)).toEqual(empty)
    for (const { height } of grid.rows) expect(height).toBeGreaterThanOrEqual(46)
    expect(grid.height).toBeGreaterThanOrEqual(ROOM.height - 1)
  })

  test("the same map is laid out the same way, in whatever order it is told", () => {
    const told = answer(seed, wanted)
    const shuffled = graphOf({ ...told, nodes: told.nodes.toReversed(), edges: told.edges.toReversed() })
    expect(placesOf(layout(inputOf(graph), ROOM))).toEqual(placesOf(grid))
    expect(placesOf(layout(inputOf(shuffled), ROOM))).toEqual(placesOf(grid))
  })

  test("ribbons at each side of a disc lie side by side: their widths add up", () => {
    const all = ribbons(grid, graph.links, scaleOf(graph.links), radiiOf(grid, graph))
    const sides = new Map<string, [number, number][]>()
    for (const { from, to, sides: at, offsets, width } of all) {
      push(sides, `${at[0]} ${from.id}`, [offsets[0], width])
      push(sides, `${at[1]} ${to.id}`, [offsets[1], width])
    }
    for (const port of sides.values()) {
      port.sort((a, b) => a[0] - b[0])
      const total = port.reduce((sum, [, width]) => sum + width, 0)
      let edge = -total / 2
      for (const [offset, width] of port) {
        expect(offset - width / 2).toBeCloseTo(edge, 6)
        edge += width
      }
      expect(edge).toBeCloseTo(total / 2, 6)
    }
  })

  test("a filter moves nothing, and no disc outgrows its room", () => {
    const fewer = answer(seed, wanted)
    const random = chance(seed)
    const kept = fewer.nodes
      .filter(() => random() < 0.6)
      .map((node) => ({ ...node, customers: Math.ceil(node.customers * random()) }))
    const filtered = graphOf({ ...fewer, nodes: kept }, graph)
    for (const { id, stage } of filtered.touchpoints) expect(stage).toBe(graph.at.get(id)?.stage)
    for (const [id, r] of radiiOf(grid, filtered))
      expect(r).toBeLessThanOrEqual((grid.at.get(id)?.r ?? 0) + 1e-6)
  })
})

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

const placesOf = (grid: Grid) =>
  Object.fromEntries(
    grid.discs.map(({ id, x, y }) => [id, [Math.round(x * 1e6), Math.round(y * 1e6)]]).sort(),
  )

test("the busiest disc's links are 30 px wide together, width grows with customers", () => {
  const graph = graphOf(answer(9, { touchpoints: 40 }))
  const scale = scaleOf(graph.links)
  const sums = new Map<string, number>()
  for (const { from, to, customers } of graph.links) {
    sums.set(`o${from}`, (sums.get(`o${from}`) ?? 0) + customers * scale)
    sums.set(`i${to}`, (sums.get(`i${to}`) ?? 0) + customers * scale)
  }
  expect(Math.max(...sums.values())).toBeCloseTo(THROUGHPUT, 9)
})

test("area goes by customers, between 4.5 and 22 pixels", () => {
  expect(radius(0, 100)).toBe(4.5)
  expect(radius(100, 100)).toBe(22)
  expect((radius(25, 100) - 4.5) / (radius(100, 100) - 4.5)).toBeCloseTo(0.5, 9)
})

test("the order of rows crosses the fewest rows of all orders", () => {
  const random = chance(4)
  for (let round = 0; round < 30; round++) {
    const n = 1 + (round % 6)
    const between = Array.from({ length: n }, () => Array.from({ length: n }, () => 0))
    for (let a = 0; a < n; a++)
      for (let b = 0; b < a; b++) {
        const weight = Math.floor(random() * 10)
        ;(between[a] as number[])[b] = weight
        ;(between[b] as number[])[a] = weight
      }
    const cost = (order: number[]) => {
      let sum = 0
      order.forEach((one, at) => {
        order.slice(0, at).forEach((other, before) => {
          sum += (between[one]?.[other] ?? 0) * (at - before)
        })
      })
      return sum
    }
    const found = leastCrossing(between)
    expect(found.toSorted()).toEqual(Array.from({ length: n }, (_, at) => at))
    expect(cost(found)).toBe(Math.min(...orders(n).map(cost)))
  }
})

function orders(n: number): number[][] {
  if (n === 0) return [[]]
  return orders(n - 1).flatMap((order) => Array.from({ length: n }, (_, at) => order.toSpliced(at, 0, n - 1)))
}

test("more than fourteen channels all get a row", () => {
  const spots = Array.from({ length: 20 }, (_, at) => ({
    id: `${at}`,
    label: "x",
    channel: `c${at}`,
    stage: 0,
    customers: at,
    members: 1,
  }))
  expect(rowOrder({ spots, flows: [], stages: 1 }).length).toBe(20)
})

test("opening a group leaves what is in no touched cell in its column and order", () => {
  const closed = graphOf(answer(11, { touchpoints: 80, stages: 5, channels: 5 }))
  const first = layout(inputOf(closed), ROOM)
  const victim = closed.touchpoints.find(({ stage }) => stage === 2)
  if (!victim) throw new Error("no touchpoint in the third stage")
  const fresh = Array.from({ length: 7 }, (_, at) => ({ ...victim, id: `new${at}`, customers: 5 }))
  const input = { ...inputOf(closed), spots: [...closed.touchpoints, ...fresh] }
  const second = layout(input, { ...ROOM, like: first })
  expect(second.rows.map(({ channel }) => channel)).toEqual(first.rows.map(({ channel }) => channel))
  for (const { id, stage, channel } of closed.touchpoints) {
    const before = first.at.get(id)
    const after = second.at.get(id)
    if (stage < 2) expect(after?.x).toBeCloseTo(before?.x ?? -1, 6)
    if (stage !== 2 || channel !== victim.channel) expect(after?.sub).toBe(before?.sub)
  }
})

test("a folded channel is a line, and its discs stay in their stage without overlap", () => {
  const graph = graphOf(answer(12, { touchpoints: 120, channels: 3 }))
  const channel = graph.touchpoints[0]?.channel ?? ""
  const grid = layout(inputOf(graph), { ...ROOM, folded: new Set([channel]) })
  const row = grid.rows.find((one) => one.channel === channel)
  expect(row?.height).toBe(30)
  const here = grid.discs.filter((disc) => grid.rows[disc.row] === row).toSorted((a, b) => a.x - b.x)
  here.slice(1).forEach((disc, at) => {
    const before = here[at]
    if (before) expect(disc.x - before.x).toBeGreaterThanOrEqual(disc.r + before.r)
  })
})

test("a stage in focus takes more than half of the width", () => {
  const graph = graphOf(answer(13, { touchpoints: 30, stages: 4 }))
  const grid = layout(inputOf(graph), { ...ROOM, width: 1400, wide: 1 })
  const [column] = grid.columns.filter(({ stage }) => stage === 1)
  expect((column?.width ?? 0) / grid.width).toBeGreaterThan(0.5)
})

test("names take two lines at most and fit their room", () => {
  expect(lines("Price calculator", 64)).toEqual(["Price", "calculator"])
  expect(lines("First sign-in", 58)).toEqual(["First", "sign-in"])
  expect(lines("Newsletter", 59)).toEqual(["Newsletter"])
  expect(lines("", 59)).toEqual(["–"])
  for (const text of [
    "/plans/*/details/of/something",
    "Supercalifragilistic",
    "a b c d e f g h i j k l m n o p q r s t u v",
    "很长的触点名称很长的触点名称",
  ]) {
    const found = lines(text, 60)
    expect(found.length).toBeLessThanOrEqual(2)
    for (const line of found) expect(reckoned(line)).toBeLessThanOrEqual(68)
  }
})

test("a map of 49 touchpoints and one of 212 with 5,000 links are drawn whole; how long it took is told", () => {
  const told: string[] = []
  for (const [touchpoints, links] of [
    [49, 870],
    [212, 5600],
  ] as const) {
    const graph = graphOf(answer(21, { touchpoints, links, stages: 7, channels: 7 }))
    layout(inputOf(graph), ROOM)
    const begin = performance.now()
    const grid = layout(inputOf(graph), ROOM)
    const covered = cover(graph, touchpoints, 1)
    const drawn = pictureOf(grid, graph, covered).ribbons.length
    told.push(`${touchpoints} touchpoints, ${drawn} ribbons: ${(performance.now() - begin).toFixed(1)} ms`)
    expect(drawn).toBe(covered.links.length)
  }
  console.info(told.join("\n"))
})

test("what empty stages do not need goes to the others, also when one of them was given most of the width", () => {
  const spots = Array.from({ length: 8 }, (_, at) => ({
    id: `t${at}`,
    label: "MISCELLANEOUS",
    channel: "store",
    stage: 2,
    customers: 10,
    members: 1,
  }))
  const empty = { spots, flows: [], stages: 6 }
  for (const wide of [undefined, 2, 4]) {
    const grid = layout(empty, { ...ROOM, wide })
    expect(grid.columns.map(({ width }) => Math.round(width))).toEqual([34, 34, 930, 34, 34, 34])
    expect(grid.discs.every(({ names }) => names.join() === "MISCELLANEOUS")).toBe(true)
  }
})

test("a name that has the room it needs is whole on two lines", () => {
  for (const name of [
    "Price calculator",
    "Student Technical support line",
    "/help/articles",
    "Offer",
    "a-b c",
  ]) {
    const told = lines(name, roomFor(name))
    expect(told.length).toBeLessThanOrEqual(2)
    expect(told.join("")).not.toContain("…")
  }
})
