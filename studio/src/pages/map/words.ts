/** A touchpoint or link -> the sentence a screen reader says, and the one on hover. */
import { channel } from "@/parts/channel"
import { duration, plural, share } from "@/text/format"
import { pointsTold } from "./compare"
import type { Changes } from "./graph/changes"
import type { Graph, Link, Touchpoint } from "./graph/graph"
import { m } from "./text"

/** "ID check, Web, Buy, 2,386 customers, 10 % left here". */
export function discWords(touchpoint: Touchpoint, graph: Graph, changes: Changes | null = null): string {
  const { label, channel: id, stage, customers, node, members, placed } = touchpoint
  const words = [label, channel(id).label, graph.stages[stage]?.label ?? "", plural(customers, "customer")]
  words.push(`${share(node.share_left ?? 0)} ${m("leftHere")}`)
  if (members > 1) words.push(m("groupOf", { count: members }))
  if (placed) words.push(m("placedMark"))
  const changed = changes?.nodes.get(touchpoint.id)
  if (changed) words.push(m("reachWords", { before: sure(changed.reach_a), now: sure(changed.reach_b) }))
  if (changed) words.push(pointsTold(changed.change), m(changed.flagged ? "beyond" : "within"))
  return words.filter(Boolean).join(", ")
}

/** "Basket → Checkout: 331 customers, 355 moves, median 21 s". */
export function linkWords(link: Link, graph: Graph, changes: Changes | null = null): string {
  const name = (id: string) => graph.at.get(id)?.label ?? id
  const ends = `${name(link.from)} → ${name(link.to)}`
  const changed = changes?.moves.get(link.key)
  if (changed) {
    const told = m("chanceWords", { before: sure(changed.chance_a), now: sure(changed.chance_b) })
    return `${ends}: ${told}, ${pointsTold(changed.change)}, ${m(changed.flagged ? "beyond" : "within")}`
  }
  const time = link.edge.median_seconds === null ? "" : `, median ${duration(link.edge.median_seconds)}`
  return `${ends}: ${plural(link.customers, "customer")}, ${plural(link.edge.events, "move")}${time}`
}

/** A share that may not be told. */
export const sure = (told: number | null): string => (told === null ? "–" : share(told, 1))
