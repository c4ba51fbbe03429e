/** A map of changes: what is colored and which way, what is told in points, and what its address says. */
import { describe, expect, test } from "vitest"
import { showsOf, wordsOf } from "../../src/pages/map/address"
import { againstTold, askedOf, pointsTold } from "../../src/pages/map/compare"
import { inkOf, LESS, MORE, QUIET } from "../../src/pages/map/draw/ink"
import { type Comparison, changesOf, wayOf, withChanged } from "../../src/pages/map/graph/changes"
import { cover } from "../../src/pages/map/graph/cover"
import { graphOf } from "../../src/pages/map/graph/graph"
import { layout } from "../../src/pages/map/layout/grid"
import { meets } from "../../src/pages/map/layout/numbers"
import { changeNumbersOf, pictureOf } from "../../src/pages/map/picture"
import { linkWords } from "../../src/pages/map/words"
import { answer } from "./random"

const graph = graphOf(answer(5, { touchpoints: 30 }))
const links = graph.links.toReversed().slice(0, 12)
const edge = (from: string, to: string, change: number, flagged = true) => ({
  from, to, kind: "move", n_a: 200, n_b: 200, customers_a: 40, customers_b: 40, chance_a: 0.2, chance_b: 0.2 + change,
  change, z: 1, p: 0, q: 0, flagged,
}) // biome-ignore format: a row
const node = (id: string, change: number, flagged: boolean) => ({
  id, label: id, customers_a: 10, customers_b: 10, reach_a: 0.1, reach_b: 0.1 + change, change, q: 0, flagged,
}) // biome-ignore format: a row
const [first, second] = graph.touchpoints.map(({ id }) => id) as [string, string]
const unlinked =
  graph.touchpoints.find(
    ({ id }) => id !== first && !graph.links.some(({ key }) => key === `${first}\n${id}`),
  )?.id ?? ""
const changes = changesOf({
  caption: "a → b +20 points.",
  edges: [
    ...links.map(({ from, to }, at) => edge(from, to, at % 2 ? 0.2 : -0.2)),
    edge(first, unlinked, -0.3),
    edge(second, first, 0.01, false),
    { ...edge(first, "END", 0.1), kind: "end" },
  ],
  nodes: [node(first, 0.03, true), node(second, -0.001, false)],
} as unknown as Comparison)

const shown = cover(graph, 30, 0.2)
const all = withChanged(shown, graph, changes)

describe("what is colored", () => {
  test("every link that changed beyond chance is drawn, whatever the sliders hide, also one nobody takes any more", () => {
    const keys = new Set(all.links.map(({ key }) => key))
    expect(links.every(({ key }) => keys.has(key))).toBe(true)
    expect(all.links.find(({ key }) => key === `${first}\n${unlinked}`)?.customers).toBe(0)
    expect(keys.size).toBe(all.links.length)
    expect(all.links.length).toBeGreaterThan(shown.links.length)
  })

  test("more is solid and blue, less is hollow and orange, and what may be chance stays quiet", () => {
    const { ribbons } = pictureOf(
      layout({ spots: [], flows: [], stages: 1 }, { width: 900, height: 600, folded: new Set() }),
      graph,
      all,
    )
    expect(ribbons).toEqual([])
    for (const ribbon of drawn.picture.ribbons) {
      const ink = inkOf(ribbon, graph, changes)
      const way = wayOf(changes.moves.get(ribbon.link.key))
      expect([ink.from, ink.line]).toEqual(
        way === "more" ? [MORE, false] : way === "less" ? [LESS, true] : [QUIET, false],
      )
      if (way) expect(ink.width).toBeGreaterThanOrEqual(3)
      else expect(ink.opacity).toBeLessThan(0.2)
    }
  })
})

const drawn = (() => {
  const spots = graph.touchpoints.map((one) => ({ ...one }))
  const grid = layout(
    { spots, flows: graph.links, stages: graph.stages.length },
    { width: 1200, height: 800, folded: new Set() },
  )
  return { grid, picture: pictureOf(grid, graph, all) }
})()

test("points stand on or beside what they are of, with sign and way, and cover neither each other nor discs", () => {
  const { links: told, discs } = changeNumbersOf(drawn.grid, drawn.picture, changes, null)
  expect(told.length).toBeGreaterThan(6)
  expect(discs.map(({ key, way }) => [key, way])).toEqual([[first, "more"]])
  for (const { text, way } of told) expect(text).toMatch(way === "more" ? /^▲ \+\d/ : /^▼ −\d/)
  const boxes = [...told, ...discs].map(({ x, y, text }) => ({
    x: x - text.length * 3,
    y: y - 11,
    w: text.length * 6,
    h: 14,
  }))
  for (const [at, one] of boxes.entries()) {
    expect(boxes.slice(at + 1).some((other) => meets(one, other))).toBe(false)
    for (const spot of drawn.grid.discs) {
      const r = drawn.picture.radii.get(spot.id) ?? 4
      expect(meets(one, { x: spot.x - r, y: spot.y - r, w: 2 * r, h: 2 * r })).toBe(false)
    }
  }
})

test("a link says its chance before and now, and whether that may be chance", () => {
  const link = links[1] as (typeof links)[0]
  expect(linkWords(link, graph, changes)).toContain("20.0 % before, 40.0 % now, ▲ +20 pts, beyond chance")
})

describe("the address", () => {
  const days = { from: "2026-10-01", to: "2026-10-31" }
  test("a map that is compared shows changes unless told otherwise, and gives back what was put in", () => {
    for (const compare of ["previous", "2026-09-01..2026-09-30", "segment:newcomers", "segment:"]) {
      const shows = showsOf({ ...days, compare })
      expect([shows.compare, shows.mode]).toEqual([compare, "change"])
      for (const mode of ["change", "customers", "time"] as const)
        expect(showsOf(wordsOf({ ...shows, mode }, true))).toEqual({ ...shows, mode })
    }
  })

  test("what cannot be compared is left out", () => {
    for (const compare of ["previous", "last week", "2026-09-30..2026-09-01", "2026-09-01..", "..", ""])
      expect(showsOf({ compare })).toMatchObject({ compare: "", mode: "customers" })
    expect(showsOf({ show: "change" }).mode).toBe("customers")
  })

  test("the last day of the other period is in it", () => {
    expect(askedOf("2026-09-01..2026-09-30", days)).toBe("2026-09-01..2026-10-01")
    expect(askedOf("previous", days)).toBe("previous")
    expect(againstTold("previous", days, String)).toBe("the 31 days before")
    expect(againstTold("2026-09-01..2026-09-30", days, String)).toBe("1 Sept – 30 Sept 2026")
    expect(againstTold("segment:", days, String)).toBe("All customers")
  })
})

test("points have a sign and a direction; none where there is nothing to tell", () => {
  expect([0.2, -0.021, 0, null].map((change) => pointsTold(change))).toEqual([
    "▲ +20 pts",
    "▼ −2.1 pts",
    "0.0 pts",
    "–",
  ])
})
