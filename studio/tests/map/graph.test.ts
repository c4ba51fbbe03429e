/** What the map counts and hides, where it places what nobody named, and what its address says. */
import { describe, expect, test } from "vitest"
import { COVERAGE, showsOf, wordsOf } from "../../src/pages/map/address"
import { DAY_MS, dueBetween, joined, MOST_DOTS, spread, Whereabouts } from "../../src/pages/map/dots"
import { moods, pooled } from "../../src/pages/map/emotion"
import { cover } from "../../src/pages/map/graph/cover"
import { focusOf, membersOf, withFocus } from "../../src/pages/map/graph/focus"
import { type Answer, graphOf } from "../../src/pages/map/graph/graph"
import { apart, groupsOf, renamed } from "../../src/pages/map/graph/groups"
import { layout } from "../../src/pages/map/layout/grid"
import { meets } from "../../src/pages/map/layout/numbers"
import { numbersOf, pictureOf } from "../../src/pages/map/picture"
import { begin, walk } from "../../src/pages/map/walk"
import { discWords, linkWords } from "../../src/pages/map/words"
import { lastDays } from "../../src/parts/Period"
import { dayAfter, periodTold } from "../../src/text/days"
import { answer } from "./random"

const many = Array.from({ length: 20 }, (_, seed) => graphOf(answer(seed, { touchpoints: 5 + seed * 6 })))

describe("the sliders", () => {
  test("100 % is the exact map: every link, all moves", () => {
    for (const graph of many) {
      const shown = cover(graph, graph.touchpoints.length, 1)
      expect(shown.links.length).toBe(graph.links.length)
      expect(shown.drawn).toBe(shown.of)
      expect(shown.share).toBe(1)
      expect(shown.of).toBe(graph.answer.coverage.of)
    }
  })

  test("links cover what was asked for, of the moves of everybody, and more links never cover less", () => {
    for (const graph of many) {
      let before = 0
      for (let percent = 0; percent <= 100; percent += 10) {
        const { share, drawn } = cover(graph, graph.touchpoints.length, percent / 100)
        expect(share).toBeGreaterThanOrEqual(percent / 100 - 1e-9)
        expect(drawn).toBeGreaterThanOrEqual(before)
        before = drawn
      }
    }
  })

  test("every touchpoint that is drawn keeps its strongest link in and out", () => {
    for (const graph of many)
      for (const most of [3, graph.touchpoints.length]) {
        const shown = cover(graph, most, 0)
        expect(shown.touchpoints.length).toBe(Math.min(most, graph.touchpoints.length))
        for (const id of shown.ids)
          for (const end of ["from", "to"] as const) {
            const own = graph.links.filter(
              (link) => link[end] === id && shown.ids.has(link.from) && shown.ids.has(link.to),
            )
            const strongest = Math.max(0, ...own.map(({ edge }) => edge.events))
            const kept = shown.links.filter((link) => link[end] === id).map(({ edge }) => edge.events)
            if (own.length) expect(Math.max(0, ...kept)).toBe(strongest)
          }
      }
  })

  test("loops are no ribbons", () => {
    for (const graph of many) for (const { from, to } of graph.links) expect(from).not.toBe(to)
  })
})

test("who has no stage gets the one its neighbors are at, and says so", () => {
  const made = answer(1, { touchpoints: 3, links: 0, stages: 3 })
  const [a, b, c] = ["a", "b", "c"].map((id, at) => ({
    ...(made.nodes[0] as Answer["nodes"][0]),
    id,
    label: id,
    stage: at === 1 ? "(none)" : "s2",
  }))
  const move = {
    kind: "move",
    customers: 5,
    journeys: 5,
    events: 5,
    p_out: 1,
    median_seconds: 1,
    p90_seconds: 1,
  }
  const graph = graphOf({
    ...made,
    nodes: [a, b, c] as Answer["nodes"],
    edges: [
      { ...move, from: "a", to: "b" },
      { ...move, from: "b", to: "c" },
    ],
  })
  expect(graph.at.get("b")).toMatchObject({ stage: 2, placed: true })
  expect(graph.at.get("a")).toMatchObject({ stage: 2, placed: false })
  expect(discWords(graph.at.get("b") as never, graph)).toContain("placed by Harken")
})

test("without a catalogue the columns are a guess, in the order of steps", () => {
  const made = answer(1, { touchpoints: 4, links: 0, stages: 0 })
  const nodes = ["a", "b", "c", "d"].map((id, at) => ({
    ...(made.nodes[0] as Answer["nodes"][0]),
    id,
    stage: "(none)",
    started: at ? 0 : 9,
  }))
  const move = {
    kind: "move",
    customers: 9,
    journeys: 9,
    events: 9,
    p_out: 1,
    median_seconds: 1,
    p90_seconds: 1,
  }
  const edges = [
    ["a", "b"],
    ["b", "c"],
    ["c", "d"],
  ].map(([from = "", to = ""]) => ({ ...move, from, to }))
  const graph = graphOf({ ...made, nodes, edges })
  expect(graph.guessed).toBe(true)
  expect(graph.stages.every((stage) => stage.told === null)).toBe(true)
  const at = (id: string) => graph.at.get(id)?.stage ?? -1
  expect(at("a")).toBeLessThan(at("d"))
  expect([at("a"), at("b"), at("c"), at("d")]).toEqual([at("a"), at("b"), at("c"), at("d")].toSorted())
})

describe("groups", () => {
  const plain = graphOf(answer(31, { touchpoints: 90, groups: 6 }))
  const groups = groupsOf(plain)

  test("are closed only on large maps, and never of one", () => {
    expect(groups.size).toBeGreaterThan(0)
    for (const [, members] of groups) expect(members.length).toBeGreaterThan(1)
    expect(groupsOf(graphOf(answer(31, { touchpoints: 60, groups: 6 }))).size).toBe(0)
  })

  test("open to their seven largest at most, and a cell never holds more than twelve", () => {
    const nodes = [...groups.keys()].map((id, at) => ({
      ...(plain.answer.nodes[at] as Answer["nodes"][0]),
      id,
      group: id,
      stage: "s0",
      channel: "web",
      touchpoints: 9,
    }))
    const closed = graphOf({ ...plain.answer, nodes, edges: [] })
    for (const name of groups.keys()) {
      const own = apart(closed, groups, [name])
      const size = groups.get(name)?.length ?? 0
      expect(own.length).toBeGreaterThan(0)
      expect(size - own.length).not.toBe(1)
      expect(own.length).toBeLessThanOrEqual(8)
    }
    expect(apart(closed, groups, ["no such group"])).toEqual([])
    const name = [...groups.keys()][0] ?? ""
    expect(renamed(closed, [name], (left) => `${left} more`).at.get(name)?.label).toBe("9 more")
  })
})

test("a focus lights nearly all moves of a touchpoint, even those the sliders hide", () => {
  const graph = many[12] as (typeof many)[0]
  const shown = cover(graph, graph.touchpoints.length, 0.2)
  const id = graph.touchpoints[0]?.id ?? ""
  const focus = focusOf(graph, shown, id, "")
  const own = graph.links.filter((link) => link.from === id || link.to === id)
  const sum = (links: typeof own) => links.reduce((all, { edge }) => all + edge.events, 0)
  expect(sum([...(focus?.links ?? [])]) / sum(own)).toBeGreaterThanOrEqual(0.95)
  for (const link of focus?.links ?? []) expect(withFocus(shown, focus).links).toContain(link)
  expect(focusOf(graph, shown, "nobody", "")).toBeNull()
  const [first] = own
  expect(focusOf(graph, shown, first?.from ?? "", first?.to ?? "")?.links).toEqual([first])
})

test("a whole channel, stage or link between two of them is lit: what crosses its border, nothing of within", () => {
  for (const graph of many.slice(5)) {
    const shown = cover(graph, graph.touchpoints.length, 1)
    for (const name of new Set(graph.touchpoints.map(({ channel }) => channel))) {
      if (!name) continue
      const own = membersOf(graph, `channel:${name}`)
      expect([...own].every((id) => graph.at.get(id)?.channel === name)).toBe(true)
      const focus = focusOf(graph, shown, `channel:${name}`, "")
      expect(focus?.ids).toEqual(own)
      for (const { from, to } of focus?.links ?? []) expect(own.has(from)).not.toBe(own.has(to))
      const crossing = graph.links.filter(({ from, to }) => own.has(from) !== own.has(to))
      expect(focus?.links.length).toBe(crossing.length)
      const [out] = crossing.filter(({ from }) => own.has(from))
      if (!out) continue
      const other = `channel:${graph.at.get(out.to)?.channel}`
      for (const { from, to } of focusOf(graph, shown, `channel:${name}`, other)?.links ?? [])
        expect([own.has(from), membersOf(graph, other).has(to)]).toEqual([true, true])
    }
    const stage = graph.stages[0]?.id ?? ""
    const there = graph.touchpoints.filter((one) => one.stage === 0).map(({ id }) => id)
    expect([...membersOf(graph, `stage:${stage}`)].toSorted()).toEqual(there.toSorted())
    expect(focusOf(graph, shown, "channel:nowhere", "")).toBeNull()
  }
})

test("numbers on links cover no disc, no name and no other number", () => {
  for (const graph of many.slice(5)) {
    const grid = layout(
      { spots: graph.touchpoints, flows: graph.links, stages: graph.stages.length },
      { width: 1100, height: 600 },
    )
    const picture = pictureOf(grid, graph, cover(graph, 400, 0.8))
    const numbers = numbersOf(grid, picture, "customers", null)
    expect(numbers.length).toBeLessThanOrEqual(14)
    const boxes = numbers.map(({ text, x, y }) => ({
      x: x - (text.length * 6.2 + 6) / 2,
      y: y - 12,
      w: text.length * 6.2 + 6,
      h: 16,
    }))
    boxes.forEach((box, at) => {
      for (const other of boxes.slice(0, at)) expect(meets(box, other)).toBe(false)
      for (const { id, x, y } of grid.discs) {
        const r = picture.radii.get(id) ?? 0
        expect(meets(box, { x: x - r, y: y - r, w: 2 * r, h: 2 * r })).toBe(false)
      }
    })
  }
})

test("a guessed stage has the catalogue's own name, as the ones with touchpoints do", () => {
  const loose = answer(9, { touchpoints: 20, known: 0, stages: 4 })
  expect(graphOf(loose).stages.map(({ label }) => label)).toEqual([
    "Stage 0",
    "Stage 1",
    "Stage 2",
    "Stage 3",
  ])
})

test("arrow keys walk along the strongest link and within the column, and always to a disc there is", () => {
  const graph = many[6] as (typeof many)[0]
  const grid = layout(
    { spots: graph.touchpoints, flows: graph.links, stages: graph.stages.length },
    { width: 1100, height: 600 },
  )
  const ids = graph.touchpoints.map(({ id }) => id)
  const all = new Set(ids)
  const half = new Set(ids.filter((_, at) => at % 2))
  expect(ids).toContain(begin(grid, ids))
  for (const id of ids) {
    const right = walk(grid, graph.links, all, id, "ArrowRight")
    if (right) expect(graph.links.some(({ from, to }) => from === id && to === right)).toBe(true)
    const down = walk(grid, graph.links, all, id, "ArrowDown")
    if (down) {
      expect(grid.at.get(down)?.y).toBeGreaterThan(grid.at.get(id)?.y ?? 0)
      expect(walk(grid, graph.links, all, down, "ArrowUp")).toBe(id)
    }
    const passed = walk(grid, graph.links, half, id, "ArrowDown")
    if (passed) expect(half).toContain(passed)
    else if (down) expect(half).not.toContain(down)
  }
})

test("emotion of a column is the mean of all its answers, its spread too", () => {
  const answers = [1, 2, 2, -1, 0, 2]
  const part = (values: number[]): [number, number, number] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
    return [mean, sd, values.length]
  }
  const whole = part(answers)
  const found = pooled([part(answers.slice(0, 2)), part(answers.slice(2))])
  expect([found.mean, found.sd, found.n]).toEqual([
    expect.closeTo(whole[0], 9),
    expect.closeTo(whole[1], 9),
    6,
  ])
  const graph = many[9] as (typeof many)[0]
  const grid = layout(
    { spots: graph.touchpoints, flows: [], stages: graph.stages.length },
    { width: 900, height: 500 },
  )
  const curve = moods(grid, graph.touchpoints)
  expect(curve.map(({ x }) => x)).toEqual(curve.map(({ x }) => x).toSorted((a, b) => a - b))
})

describe("the address", () => {
  test("gives back what was put in it, and says nothing that goes without saying", () => {
    expect(Object.values(wordsOf(showsOf({}))).every((word) => word === undefined)).toBe(true)
    expect(showsOf({}).coverage).toBe(COVERAGE)
    const shows = {
      ...showsOf({}),
      from: "2026-09-01",
      to: "2026-10-01",
      segment: "a,b",
      journey: "visit",
      collapse: true,
      mode: "time",
      table: true,
      touchpoints: 12,
      coverage: 100,
      focus: "web: /plans/*?x=1&y",
      next: "app: ✓",
      open: ["Plans, all", "100 %"],
      folded: ["", "web"].filter(Boolean),
      stage: "buy",
      replay: "2026-09-02",
    } as const
    expect(showsOf(wordsOf(shows))).toEqual(shows)
  })

  test("what makes no sense in it is left out", () => {
    expect(showsOf({ from: "yesterday", to: "2026-13-99", cover: "900", touchpoints: "-3", open: "%E0%A4%A", journey: "x", next: "b" })).toMatchObject({
      from: "", to: "", coverage: COVERAGE, touchpoints: 0, open: ["%E0%A4%A"], journey: "life", next: "",
    }) // biome-ignore format: a row
  })

  test("the last day of a period is in it", () => {
    expect(dayAfter("2026-02-28")).toBe("2026-03-01")
    expect(lastDays(7, Date.parse("2026-11-22T20:00:00Z"))).toEqual({ from: "2026-11-16", to: "2026-11-22" })
    expect(periodTold({ from: "2026-09-01", to: "2026-11-30" })).toBe("1 Sept – 30 Nov 2026")
    expect(periodTold({ from: "", to: "" })).toBe("All time")
  })
})

test("a link says who, how often and how fast", () => {
  const graph = many[3] as (typeof many)[0]
  const link = graph.links[0] as (typeof graph.links)[0]
  expect(linkWords(link, graph)).toMatch(/ → .*: [\d,]+ customers?, [\d,]+ moves/)
})

test("a customer's place before is known, the oldest are forgotten, and no more than 400 dots are under way", () => {
  const where = new Whereabouts(2)
  expect(where.moved("ada", "a")).toBeUndefined()
  expect(where.moved("ada", "b")).toBe("a")
  where.moved("bob", "a")
  where.moved("cy", "a")
  expect(where.moved("ada", "c")).toBeUndefined()
  let dots: { id: string; channel: string; began: number }[] = []
  for (let at = 0; at < 1000; at++) dots = joined(dots, { id: "a", channel: "web", began: 1 }, 10)
  expect(dots.length).toBe(MOST_DOTS)
  expect(joined(dots, { id: "b", channel: "web", began: 50 }, 10).length).toBe(1)
})

test("a replay sends every move of the day once, in its order", () => {
  const midnight = Date.parse("2026-09-02")
  const at = (minute: number) => new Date(midnight + minute * 60_000).toISOString()
  const moves = spread(
    [90, 5, 5, 1_439, 0].map((minute) => ({ from: "a", to: `${minute}`, at: at(minute) })),
    midnight,
  )
  expect(moves.map(({ at }) => at / 60_000)).toEqual([0, 5, 5, 90, 1_439])
  const sent: string[] = []
  for (let from = 0; from < DAY_MS; from += 7 * 60_000)
    sent.push(...dueBetween(moves, from, Math.min(DAY_MS, from + 7 * 60_000)).map(({ to }) => to))
  expect(sent).toEqual(moves.map(({ to }) => to))
})
