/** A touchpoint or link -> the sentence a screen reader says, and the one on hover. */
import { channel } from "@/parts/channel"
import { duration, plural, share } from "@/text/format"
import type { Graph, Link, Touchpoint } from "./graph/graph"
import { m } from "./text"

/** "ID check, Web, Buy, 2,386 customers, 10 % left here". */
export function discWords(touchpoint: Touchpoint, graph: Graph): string {
  const { label, channel: id, stage, customers, node, members, placed } = touchpoint
  const words = [label, channel(id).label, graph.stages[stage]?.label ?? "", plural(customers, "customer")]
  words.push(`${share(node.share_left ?? 0)} ${m("leftHere")}`)
  if (members > 1) words.push(m("groupOf", { count: members }))
  if (placed) words.push(m("placedMark"))
  return words.filter(Boolean).join(", ")
}

/** "Basket → Checkout: 331 customers, 355 moves, median 21 s". */
export function linkWords(link: Link, graph: Graph): string {
  const name = (id: string) => graph.at.get(id)?.label ?? id
  const time = link.edge.median_seconds === null ? "" : `, median ${duration(link.edge.median_seconds)}`
  return `${name(link.from)} → ${name(link.to)}: ${plural(link.customers, "customer")}, ${plural(link.edge.events, "move")}${time}`
}
