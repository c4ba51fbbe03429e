/** A touchpoint or link in focus -> the links that are lit: nearly all of its moves, whatever the sliders hide. */
import type { Shown } from "./cover"
import { type Graph, type Link, linkKey } from "./graph"

const ENOUGH = 0.95

export interface Focus {
  /** The touchpoint, or where the link in focus begins. */
  id: string
  /** Where the link in focus leads; "" when a touchpoint is. */
  next: string
  links: readonly Link[]
  keys: ReadonlySet<string>
}

export function focusOf(graph: Graph, shown: Shown, id: string, next: string): Focus | null {
  if (!graph.at.has(id)) return null
  const among = graph.links.filter(({ from, to }) => shown.ids.has(from) && shown.ids.has(to))
  const key = linkKey(id, next)
  const lit = next ? among.filter((link) => link.key === key) : around(among, shown, id)
  if (next && !lit.length) return focusOf(graph, shown, id, "")
  return { id, next: lit.length && next ? next : "", links: lit, keys: new Set(lit.map((link) => link.key)) }
}

/** The strongest links in and out until they make up nearly all its moves, and those that are drawn anyway. */
function around(among: readonly Link[], shown: Shown, id: string): Link[] {
  const drawn = new Set(shown.links)
  const lit = (own: readonly Link[]) => {
    const all = own.reduce((sum, { edge }) => sum + edge.events, 0)
    let reached = 0
    return own.filter((link) => {
      const wanted = reached < ENOUGH * all
      reached += link.edge.events
      return wanted || drawn.has(link)
    })
  }
  return [...lit(among.filter(({ from }) => from === id)), ...lit(among.filter(({ to }) => to === id))]
}

/** What is drawn: what the sliders show, and what the focus lights beside it. */
export function withFocus(shown: Shown, focus: Focus | null): Shown {
  if (!focus) return shown
  const drawn = new Set(shown.links)
  const extra = focus.links.filter((link) => !drawn.has(link))
  return extra.length ? { ...shown, links: [...shown.links, ...extra] } : shown
}
