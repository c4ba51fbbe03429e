/** What is in focus -> the links that are lit: nearly all of its moves, whatever the sliders hide. In focus is a touchpoint,
 * or everything of a channel, a group or a stage: `channel:web`. */
import type { Shown } from "./cover"
import { type Graph, type Link, linkKey } from "./graph"

const ENOUGH = 0.95
const WIDE = ["channel", "group", "stage"] as const

/** What holds several touchpoints: the level the hub counts it at. */
export type Wide = (typeof WIDE)[number]

export interface Focus {
  /** What is in focus, or where the link in focus begins, as the address says it. */
  id: string
  /** Where the link in focus leads; "" when none is. */
  next: string
  /** The touchpoints in focus; of a link, none but its ends are. */
  ids: ReadonlySet<string>
  links: readonly Link[]
  keys: ReadonlySet<string>
}

/** "channel:web" -> ["channel", "web"]; a touchpoint has no level. */
export function wideOf(word: string): [Wide | "", string] {
  const wide = WIDE.find((one) => word.startsWith(`${one}:`))
  return wide ? [wide, word.slice(wide.length + 1)] : ["", word]
}

/** The touchpoints a word of the address stands for. */
export function membersOf(graph: Graph, word: string): ReadonlySet<string> {
  if (graph.at.has(word)) return new Set([word])
  const [wide, name] = wideOf(word)
  if (!wide || !name) return new Set()
  const own = graph.touchpoints.filter((one) => {
    if (wide === "channel") return one.channel === name
    return wide === "group" ? one.group === name || one.id === name : graph.stages[one.stage]?.id === name
  })
  return new Set(own.map(({ id }) => id))
}

export function focusOf(graph: Graph, shown: Shown, id: string, next: string): Focus | null {
  const from = membersOf(graph, id)
  if (!from.size) return null
  const among = graph.links.filter((link) => shown.ids.has(link.from) && shown.ids.has(link.to))
  const to = next ? membersOf(graph, next) : from
  const lit = next
    ? among.filter((link) => from.has(link.from) && to.has(link.to))
    : around(among, shown, from)
  if (next && !lit.length) return focusOf(graph, shown, id, "")
  const ids = next && from.size > 1 ? new Set(lit.flatMap((link) => [link.from, link.to])) : from
  return { id, next, ids, links: lit, keys: new Set(lit.map(({ from, to }) => linkKey(from, to))) }
}

/** The strongest links in and out until they make up nearly all its moves, and those that are drawn anyway. */
function around(among: readonly Link[], shown: Shown, own: ReadonlySet<string>): Link[] {
  const drawn = new Set(shown.links)
  const lit = (links: readonly Link[]) => {
    const all = links.reduce((sum, { edge }) => sum + edge.events, 0)
    let reached = 0
    return links.filter((link) => {
      const wanted = reached < ENOUGH * all
      reached += link.edge.events
      return wanted || drawn.has(link)
    })
  }
  const out = among.filter(({ from, to }) => own.has(from) && !own.has(to))
  const into = among.filter(({ from, to }) => own.has(to) && !own.has(from))
  return [...lit(out), ...lit(into)]
}

/** What is drawn: what the sliders show, and what the focus lights beside it. */
export function withFocus(shown: Shown, focus: Focus | null): Shown {
  if (!focus) return shown
  const drawn = new Set(shown.links)
  const extra = focus.links.filter((link) => !drawn.has(link))
  return extra.length ? { ...shown, links: [...shown.links, ...extra] } : shown
}
