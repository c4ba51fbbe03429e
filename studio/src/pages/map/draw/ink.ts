/** A ribbon -> its colors and how solid it is: its channels', or on a map of changes which way it changed beyond chance. */
import { channel } from "@/parts/channel"
import { type Changes, wayOf } from "../graph/changes"
import type { Graph, Link } from "../graph/graph"
import type { Ribbon } from "../layout/ribbons"

/** More and less likely: the studio's diverging pair. */
export const MORE = "var(--better)"
export const LESS = "var(--worse)"
export const QUIET = "var(--ink-3)"
/** A change has to be seen, however few customers it is about. */
const LEAST_CHANGED = 3

export interface Ink {
  from: string
  to: string
  opacity: number
  width: number
  /** Hollow: what became less likely, so that color is not the only sign. */
  line: boolean
  /** Drawn in this order; what changed lies on top. */
  rank: number
}

/** Stronger links are more solid, those against the stages less. */
export const opacityOf = (ribbon: Ribbon): number =>
  ribbon.back ? 0.26 + 0.1 * Math.min(1, ribbon.width / 7) : 0.3 + 0.34 * Math.min(1, ribbon.width / 7)

export function inkOf(ribbon: Ribbon<Link>, graph: Graph, changes: Changes | null): Ink {
  const { link, width } = ribbon
  if (!changes) {
    const color = (id: string) => channel(graph.at.get(id)?.channel ?? "").color
    return {
      from: color(link.from),
      to: color(link.to),
      opacity: opacityOf(ribbon),
      width,
      line: false,
      rank: -width,
    }
  }
  const way = wayOf(changes.moves.get(link.key))
  if (!way) return { from: QUIET, to: QUIET, opacity: 0.13, width, line: false, rank: -width }
  const color = way === "more" ? MORE : LESS
  return {
    from: color,
    to: color,
    opacity: way === "more" ? 0.82 : 0.2,
    width: Math.max(LEAST_CHANGED, width),
    line: way === "less",
    rank: 1_000 - width,
  }
}
