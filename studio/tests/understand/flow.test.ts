import { expect, test } from "vitest"
import { questionOf, showsOf, wordsOf } from "@/pages/paths/address"
import { type Bar, keyOf, layout } from "@/pages/paths/layout"
import type { FlowLink, FlowNode, Kind } from "@/pages/paths/model"

/** Walks by chance, counted into a flow the way the hub does: every walk ends, and nothing is lost. */
function flow(seed: number): { nodes: FlowNode[]; links: FlowLink[] } {
  let state = seed
  const chance = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  const nodes = new Map<string, FlowNode>()
  const links = new Map<string, FlowLink>()
  for (let walk = 0; walk < 200; walk++) {
    let before = "START"
    for (let step = 1; step <= 6; step++) {
      const ends = step === 6 || (step > 1 && chance() < 0.25)
      const id = ends ? (chance() < 0.5 ? "END" : "OPEN") : `place ${Math.floor(chance() * 7)}`
      const kind: Kind = id === "END" ? "end" : id === "OPEN" ? "open" : "node"
      const key = keyOf(step, id)
      const node = nodes.get(key) ?? {
        step, id, kind, label: id, channel: "", customers: 0, walks: 0, share: 0,
      } // biome-ignore format: one line a node
      nodes.set(key, { ...node, walks: node.walks + 1, customers: node.customers + 1 })
      const way = `${key} ${before}`
      const link = links.get(way) ?? { step, from: before, to: id, customers: 0, walks: 0 }
      links.set(way, { ...link, walks: link.walks + 1, customers: link.customers + 1 })
      if (ends) break
      before = id
    }
  }
  return { nodes: [...nodes.values()], links: [...links.values()] }
}

const room = { width: 1000, height: 640, back: false }

test("bars of a column never overlap, stay in the picture, and are as high as their walks are many", () => {
  for (let seed = 1; seed < 40; seed++) {
    const { nodes, links } = flow(seed)
    const laid = layout(nodes, links, room)
    const scale = (bar: Bar) => bar.height / bar.node.walks
    const tall = laid.bars.filter((bar) => bar.height > 2)
    for (const bar of tall) expect(scale(bar)).toBeCloseTo(scale(tall[0] as Bar), 9)
    for (const step of laid.columns.keys()) {
      const column = laid.bars.filter(({ node }) => node.step === step).sort((a, b) => a.y - b.y)
      for (const [at, bar] of column.entries()) {
        expect(bar.y).toBeGreaterThanOrEqual(0)
        expect(bar.y + bar.height).toBeLessThanOrEqual(laid.height)
        const next = column[at + 1]
        if (next) expect(next.y).toBeGreaterThan(bar.y + bar.height)
      }
      const kinds = column.map(({ node }) => (node.kind === "node" ? 0 : 1))
      expect(kinds).toEqual(kinds.toSorted())
    }
  }
})

test("ribbons into a bar are together as wide as it is high, and so are those out of it", () => {
  const { nodes, links } = flow(7)
  const { bars, ribbons } = layout(nodes, links, room)
  for (const bar of bars) {
    const sum = (list: typeof ribbons) => list.reduce((all, { width }) => all + width, 0)
    const into = ribbons.filter((one) => one.to === bar)
    if (bar.node.step > 1 && into.every(({ width }) => width > 0.6))
      expect(sum(into)).toBeCloseTo(bar.height, 6)
    const out = ribbons.filter((one) => one.from === bar)
    if (bar.node.kind === "node" && out.every(({ width }) => width > 0.6))
      expect(sum(out)).toBeCloseTo(bar.height, 6)
  }
})

test("the same flow is always laid out the same; what is before runs from right to left", () => {
  const { nodes, links } = flow(3)
  expect(layout(nodes.toReversed(), links.toReversed(), room)).toMatchObject({
    columns: layout(nodes, links, room).columns,
  })
  const back = layout(nodes, links, { ...room, back: true })
  expect([...back.columns.values()]).toEqual([...back.columns.values()].sort((a, b) => b - a))
})

test("paths come back from their words, and ask what they say", () => {
  const shows = showsOf({
    at: "web: Basket",
    way: "before",
    which: "last",
    depth: "3",
    limit: "0",
    within: "a,b",
    hide: "web: Home page",
    form: "tree",
    pick: "table=tree&path=a > b",
    repeats: "keep",
  })
  expect(showsOf(wordsOf(shows) as Record<string, string>)).toEqual(shows)
  expect(questionOf(shows)).toEqual({
    anchor: "web: Basket",
    direction: "before",
    occurrence: "last",
    depth: 3,
    limit: 0,
    variants: 20,
    prefix: ["a", "b"],
    background: ["web: Home page"],
  })
  expect(questionOf(showsOf({}))).toMatchObject({ anchor: "START", repeats: "collapse", depth: 5 })
  expect(Object.values(wordsOf(showsOf({}))).filter(Boolean)).toEqual([])
})
