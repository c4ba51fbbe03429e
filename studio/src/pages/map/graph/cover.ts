/** The graph and the two sliders -> what is drawn, and the words for what is not. */
import type { Graph, Link, Touchpoint } from "./graph"

export interface Shown {
  touchpoints: readonly Touchpoint[]
  ids: ReadonlySet<string>
  /** Links drawn as ribbons, most moves first. */
  links: readonly Link[]
  /** Links between touchpoints that are drawn, and of all. Loops count as drawn where their touchpoint is. */
  drawn: number
  of: number
  /** Share of all moves that go over what is drawn. */
  share: number
}

/** The touchpoints of most customers, and of the links among them the strongest until they cover that share of all moves. */
export function cover(graph: Graph, most: number, coverage: number): Shown {
  const touchpoints =
    most >= graph.touchpoints.length ? graph.touchpoints : graph.touchpoints.slice(0, Math.max(1, most))
  const ids = new Set(touchpoints.map(({ id }) => id))
  const all = graph.answer.totals.moves
  const loops = [...graph.loops.values()].filter(({ from }) => ids.has(from))
  const among = graph.links.filter(({ from, to }) => ids.has(from) && ids.has(to))
  const strongest = keepers(among)
  let moves = loops.reduce((sum, { edge }) => sum + edge.events, 0)
  let reached = moves
  const links = among.filter((link) => {
    const drawn = coverage >= 1 || reached < coverage * all || strongest.has(link)
    if (reached < coverage * all) reached += link.edge.events
    if (drawn) moves += link.edge.events
    return drawn
  })
  return {
    touchpoints,
    ids,
    links,
    drawn: links.length + loops.length,
    of: graph.links.length + graph.loops.size,
    share: all ? moves / all : 1,
  }
}

/** The strongest link in and out of each touchpoint: none hangs in the air. */
function keepers(links: readonly Link[]): Set<Link> {
  const seen = new Set<string>()
  const kept = new Set<Link>()
  for (const link of links) {
    const out = `o${link.from}`
    const into = `i${link.to}`
    if (!seen.has(out) || !seen.has(into)) kept.add(link)
    seen.add(out)
    seen.add(into)
  }
  return kept
}
