/** A map of changes as two tables: before, now and points of every touchpoint and of every next step that is drawn. */
import { useMemo } from "react"
import shared from "@/pages/understand/understand.module.css"
import { ChannelDot } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count } from "@/text/format"
import { pointsTold } from "./compare"
import { type ChangedEdge, type Changes, wayOf } from "./graph/changes"
import type { Shown } from "./graph/cover"
import { type Graph, linkKey } from "./graph/graph"
import css from "./MapPage.module.css"
import { m } from "./text"
import { sure } from "./words"

const HEADS = [
  "customersBefore",
  "customersNow",
  "before",
  "now",
  "points",
  "falseAlarms",
  "beyondChance",
] as const

export function ChangeTable(props: {
  graph: Graph
  shown: Shown
  changes: Changes
  onFocus: (id: string) => void
}) {
  const { graph, shown, changes, onFocus } = props
  const edges = useMemo(() => {
    const drawn = new Set(shown.links.map(({ key }) => key))
    return changes.comparison.edges.filter(
      ({ kind, from, to, flagged }) =>
        flagged ||
        (kind === "move" && (from === to ? shown.ids.has(from) : drawn.has(linkKey(from, to)))) ||
        (kind === "start" && shown.ids.has(to)) ||
        (kind === "end" && shown.ids.has(from)),
    )
  }, [shown, changes])
  const name = (id: string) => graph.at.get(id)?.label ?? changes.nodes.get(id)?.label ?? id
  return (
    <div className={shared.tables}>
      <section>
        <Table>
          <caption>{m("touchpoints")}</caption>
          <Heads first={["touchpoint"]} share={m("reach")} />
          <tbody>
            {changes.comparison.nodes
              .filter(({ id, flagged }) => flagged || shown.ids.has(id))
              .map((node) => (
                <tr key={node.id}>
                  <th scope="row">
                    <button
                      type="button"
                      className={css.cell}
                      title={name(node.id)}
                      onClick={() => onFocus(node.id)}
                    >
                      <ChannelDot id={graph.at.get(node.id)?.channel ?? ""} /> {name(node.id)}
                    </button>
                  </th>
                  <Figures one={node} before={node.reach_a} now={node.reach_b} />
                </tr>
              ))}
          </tbody>
        </Table>
      </section>
      <section>
        <Table>
          <caption>{m("connections")}</caption>
          <Heads first={["fromHead", "toHead"]} share={m("chanceHead")} />
          <tbody>
            {edges.map((edge) => (
              <tr key={`${edge.kind}\n${edge.from}\n${edge.to}`}>
                <td className={shared.named}>{edge.kind === "start" ? m("began") : name(edge.from)}</td>
                <td className={shared.named}>{edge.kind === "end" ? m("leftJourney") : name(edge.to)}</td>
                <Figures one={edge} before={edge.chance_a} now={edge.chance_b} />
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
    </div>
  )
}

function Heads({
  first,
  share,
}: {
  first: readonly ("touchpoint" | "fromHead" | "toHead")[]
  share: string
}) {
  return (
    <thead>
      <tr>
        {first.map((head) => (
          <th key={head} scope="col">
            {m(head)}
          </th>
        ))}
        {HEADS.map((head) => (
          <th key={head} scope="col" className={parts.right}>
            {m(head, { share })}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Figures(props: {
  one: Pick<ChangedEdge, "customers_a" | "customers_b" | "change" | "q" | "flagged">
  before: number | null
  now: number | null
}) {
  const { one, before, now } = props
  return (
    <>
      <td className={parts.right}>{count(one.customers_a)}</td>
      <td className={parts.right}>{count(one.customers_b)}</td>
      <td className={parts.right}>{sure(before)}</td>
      <td className={parts.right}>{sure(now)}</td>
      <td className={`${parts.right} ${css.way}`} data-way={wayOf(one)}>
        {pointsTold(one.change, 1)}
      </td>
      <td className={parts.right}>{one.q === null ? "–" : one.q < 0.001 ? "< 0.1 %" : sure(one.q)}</td>
      <td className={parts.right}>{m(one.flagged ? "yes" : "no")}</td>
    </>
  )
}
