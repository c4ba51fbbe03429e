/** Beside a map of changes: everything that changed beyond chance, the largest change first, in words and points. */
import { useState } from "react"
import { SidePanel } from "@/parts/SidePanel"
import panel from "@/parts/SidePanel.module.css"
import { plural } from "@/text/format"
import { pointsTold } from "./compare"
import { type ChangedEdge, type ChangedNode, type Changes, wayOf } from "./graph/changes"
import type { Graph } from "./graph/graph"
import css from "./Panel.module.css"
import { m } from "./text"
import { sure } from "./words"

const FIRST = 8

export interface ChangePanelProps {
  graph: Graph
  changes: Changes
  /** What it is compared with, as people read it. */
  against: string
  onFocus: (id: string) => void
  onLink: (from: string, to: string) => void
  /** Point at a link from the list, or at nothing. */
  onPoint: (from: string, to: string) => void
  onClose: () => void
}

export function ChangePanel(props: ChangePanelProps) {
  const { graph, changes, against, onClose } = props
  const { movers, reached, comparison } = changes
  const of = (way: "more" | "less") => movers.filter((edge) => wayOf(edge) === way)
  const came = (way: "more" | "less") => reached.filter((node) => wayOf(node) === way)
  return (
    <SidePanel title={m("changed")} stays onClose={onClose}>
      <p className={panel.quiet}>
        {m("changedFrom", { what: against })} {m("changedAbout")}
      </p>
      <p className={css.said}>{comparison.caption}</p>
      <p className={panel.quiet}>
        {m("changedOf", {
          before: plural(comparison.a.customers, "customer"),
          now: plural(comparison.b.customers, "customer"),
        })}
      </p>
      {!movers.length && <p className={css.said}>{m("noneChanged")}</p>}
      <Steps title={m("nowMore")} edges={of("more")} {...props} />
      <Steps title={m("nowLess")} edges={of("less")} {...props} />
      <Places title={m("moreCame")} nodes={came("more")} graph={graph} onFocus={props.onFocus} />
      <Places title={m("fewerCame")} nodes={came("less")} graph={graph} onFocus={props.onFocus} />
    </SidePanel>
  )
}

function Steps(props: ChangePanelProps & { title: string; edges: readonly ChangedEdge[] }) {
  const { graph, changes, title, edges, onFocus, onLink, onPoint } = props
  const name = (id: string) => graph.at.get(id)?.label ?? changes.nodes.get(id)?.label ?? id
  const words = ({ kind, from, to }: ChangedEdge) =>
    kind === "start"
      ? m("beganAt", { name: name(to) })
      : kind === "end"
        ? m("leftAfter", { name: name(from) })
        : `${name(from)} → ${name(to)}`
  return (
    <Rows
      title={title}
      rows={edges.map((edge) => {
        const linked = edge.kind === "move" && edge.from !== edge.to
        return {
          key: `${edge.kind}\n${edge.from}\n${edge.to}`,
          words: words(edge),
          title: `${words(edge)}: ${m("chanceWords", { before: sure(edge.chance_a), now: sure(edge.chance_b) })}`,
          changed: edge,
          onClick: () =>
            linked ? onLink(edge.from, edge.to) : onFocus(edge.kind === "start" ? edge.to : edge.from),
          onPoint: (on: boolean) => onPoint(on && linked ? edge.from : "", on && linked ? edge.to : ""),
        }
      })}
    />
  )
}

function Places(props: {
  title: string
  nodes: readonly ChangedNode[]
  graph: Graph
  onFocus: (id: string) => void
}) {
  return (
    <Rows
      title={props.title}
      rows={props.nodes.map((node) => {
        const label = props.graph.at.get(node.id)?.label ?? node.label
        return {
          key: node.id,
          words: label,
          title: `${label}: ${m("reachWords", { before: sure(node.reach_a), now: sure(node.reach_b) })}`,
          changed: node,
          onClick: () => props.onFocus(node.id),
        }
      })}
    />
  )
}

interface Told {
  key: string
  words: string
  title: string
  changed: ChangedEdge | ChangedNode
  onClick: () => void
  onPoint?: (on: boolean) => void
}

function Rows({ title, rows }: { title: string; rows: readonly Told[] }) {
  const [open, setOpen] = useState(false)
  if (!rows.length) return null
  const hidden = rows.length - FIRST
  return (
    <section className={css.list}>
      <h3>{title}</h3>
      <ul>
        {(open || hidden < 2 ? rows : rows.slice(0, FIRST)).map((row) => (
          <li key={row.key}>
            <button
              type="button"
              className={css.changed}
              title={row.title}
              onClick={row.onClick}
              onPointerEnter={() => row.onPoint?.(true)}
              onPointerLeave={() => row.onPoint?.(false)}
              onFocus={() => row.onPoint?.(true)}
              onBlur={() => row.onPoint?.(false)}
            >
              <span className={css.words}>{row.words}</span>
              <span className={`${css.points} num`} data-way={wayOf(row.changed)}>
                {pointsTold(row.changed.change)}
              </span>
            </button>
          </li>
        ))}
        {hidden > 1 && (
          <li>
            <button type="button" className={css.more} onClick={() => setOpen(!open)} aria-expanded={open}>
              {open ? m("fewer") : m("more", { count: hidden })}
            </button>
          </li>
        )}
      </ul>
    </section>
  )
}
