/** The map as two tables: for screen readers, for print, and for who wants the numbers. */
import { useMemo } from "react"
import shared from "@/pages/understand/understand.module.css"
import { ChannelDot, channel } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count, duration, share, signed } from "@/text/format"
import type { Shown } from "./graph/cover"
import type { Graph } from "./graph/graph"
import css from "./MapPage.module.css"
import { m } from "./text"

export function TableForm({
  graph,
  shown,
  onFocus,
}: {
  graph: Graph
  shown: Shown
  onFocus: (id: string) => void
}) {
  const links = useMemo(() => {
    const loops = [...graph.loops.values()].filter(({ from }) => shown.ids.has(from))
    return [...shown.links, ...loops].sort(
      (a, b) => b.customers - a.customers || b.edge.events - a.edge.events,
    )
  }, [graph, shown])
  const name = (id: string) => graph.at.get(id)?.label ?? id
  return (
    <div className={shared.tables}>
      <section>
        <Table>
          <caption>{m("touchpoints")}</caption>
          <thead>
            <tr>
              <th scope="col">Touchpoint</th>
              <th scope="col">Channel</th>
              <th scope="col">Stage</th>
              <th scope="col" className={parts.right}>
                Customers
              </th>
              <th scope="col" className={parts.right}>
                Visits
              </th>
              <th scope="col" className={parts.right}>
                Left here
              </th>
              <th scope="col" className={parts.right}>
                Share left
              </th>
              <th scope="col" className={parts.right}>
                Still open
              </th>
              <th scope="col" className={parts.right}>
                Emotion
              </th>
              <th scope="col" className={parts.right}>
                Median time to next
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.touchpoints.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  <button
                    type="button"
                    className={css.cell}
                    title={one.label}
                    onClick={() => onFocus(one.id)}
                  >
                    <ChannelDot id={one.channel} /> {one.label}
                    {one.members > 1 && ` ×${one.members}`}
                  </button>
                </th>
                <td>{channel(one.channel).label}</td>
                <td>
                  {graph.stages[one.stage]?.label}
                  {one.placed && <span className="quiet"> ({m("placedMark")})</span>}
                </td>
                <td className={parts.right}>{count(one.customers)}</td>
                <td className={parts.right}>{count(one.node.events)}</td>
                <td className={parts.right}>{count(one.node.left)}</td>
                <td className={parts.right}>{share(one.node.share_left ?? 0)}</td>
                <td className={parts.right}>{count(one.node.still_open)}</td>
                <td className={parts.right}>
                  {one.node.emotion === null ? "–" : signed(one.node.emotion, 1)}
                </td>
                <td className={parts.right}>{duration(one.node.median_seconds)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
      <section>
        <Table>
          <caption>{m("connections")}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" className={parts.right}>
                Customers
              </th>
              <th scope="col" className={parts.right}>
                Moves
              </th>
              <th scope="col" className={parts.right}>
                Of next steps
              </th>
              <th scope="col" className={parts.right}>
                Median time
              </th>
              <th scope="col" className={parts.right}>
                90 % within
              </th>
            </tr>
          </thead>
          <tbody>
            {links.map((link) => (
              <tr key={link.key}>
                <td className={shared.named} title={name(link.from)}>
                  {name(link.from)}
                </td>
                <td className={shared.named} title={name(link.to)}>
                  {name(link.to)}
                </td>
                <td className={parts.right}>{count(link.customers)}</td>
                <td className={parts.right}>{count(link.edge.events)}</td>
                <td className={parts.right}>{share(link.edge.p_out ?? 0)}</td>
                <td className={parts.right}>{duration(link.edge.median_seconds)}</td>
                <td className={parts.right}>{duration(link.edge.p90_seconds)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
    </div>
  )
}
