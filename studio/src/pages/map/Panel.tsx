/** Beside the map: what there is to know of the touchpoint or link in focus. */
import { Link } from "@tanstack/react-router"
import { ArrowRight } from "lucide-react"
import { type ReactNode, useState } from "react"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelDot, channel } from "@/parts/channel"
import { Figure, Figures, SidePanel } from "@/parts/SidePanel"
import panel from "@/parts/SidePanel.module.css"
import type { Days } from "@/text/days"
import { count, duration, plural, share, signed } from "@/text/format"
import { joined } from "@/text/list"
import { pointsTold } from "./compare"
import { type ChangedEdge, type ChangedNode, type Changes, wayOf } from "./graph/changes"
import type { Wide } from "./graph/focus"
import { type Link as Edge, type Graph, linkKey, type Touchpoint } from "./graph/graph"
import css from "./Panel.module.css"
import { m } from "./text"
import { sure } from "./words"

export interface PanelProps {
  graph: Graph
  /** Of the touchpoint in focus, or where the link in focus begins and leads to. */
  id: string
  next: string
  /** What the map's touchpoints are here: whole channels, groups or stages; "" when themselves. */
  wide: Wide | ""
  onFocus: (id: string) => void
  onLink: (from: string, to: string) => void
  onClose: () => void
  /** Of an opened group: the touchpoints it stands for. */
  members: readonly Touchpoint[]
  group: string
  /** Whose journeys of when the map shows. */
  scope: Days & { segment: string }
  /** On a map of changes. */
  changes: Changes | null
  onCloseGroup: () => void
}

export function Panel(props: PanelProps) {
  const { graph, id, next } = props
  const touchpoint = graph.at.get(id)
  const key = linkKey(id, next)
  const link = next === id ? graph.loops.get(id) : graph.links.find((one) => one.key === key)
  if (!touchpoint) return null
  return link ? <OfLink {...props} link={link} /> : <OfTouchpoint {...props} touchpoint={touchpoint} />
}

function OfTouchpoint(props: PanelProps & { touchpoint: Touchpoint }) {
  const { graph, touchpoint, onLink, members, group, onCloseGroup, scope, changes, wide } = props
  const { id, node, customers, label, placed } = touchpoint
  const changed = changes?.nodes.get(id)
  const loop = graph.loops.get(id)
  const plain = !wide && touchpoint.members === 1
  const pattern = wide ? `${wide}:${id}` : id
  const ends = endsOf(graph, id)
  const byCustomers = (a: Edge, b: Edge) => b.customers - a.customers
  const into = graph.links.filter(({ to }) => to === id).toSorted(byCustomers)
  const out = graph.links.filter(({ from }) => from === id).toSorted(byCustomers)
  return (
    <SidePanel title={label} lead={<ChannelDot id={touchpoint.channel} />} stays onClose={props.onClose}>
      {wide ? (
        <p className={panel.quiet}>
          {m(`whole${wide}`, { touchpoints: plural(node.touchpoints, "touchpoint") })}
        </p>
      ) : (
        <p className={panel.quiet}>
          <Wider {...props} level="channel" of={touchpoint.channel}>
            {channel(touchpoint.channel).label}
          </Wider>{" "}
          ·{" "}
          <Wider {...props} level="stage" of={graph.stages[touchpoint.stage]?.id ?? ""}>
            {graph.stages[touchpoint.stage]?.label}
          </Wider>
          {placed && ` (${m("placedMark")})`}
          {touchpoint.group && touchpoint.group !== label && (
            <>
              {" "}
              ·{" "}
              <Wider {...props} level="group" of={touchpoint.group}>
                {touchpoint.group}
              </Wider>
            </>
          )}
        </p>
      )}
      <Figures>
        <Figure name={m("customers").toLowerCase()}>{count(customers)}</Figure>
        <Figure name={m("leftHere")}>{share(node.share_left ?? 0, 1)}</Figure>
        <Figure
          name={m("emotionOf")}
          about={
            node.emotion === null
              ? ""
              : `${count(node.emotion_n)} answers, spread ${(node.emotion_sd ?? 0).toFixed(1)}`
          }
        >
          {node.emotion === null ? "–" : signed(node.emotion, 1)}
        </Figure>
        <Figure name={m("visitsEach")}>{(node.events / Math.max(1, customers)).toFixed(2)}</Figure>
      </Figures>
      {changed && (
        <Change
          one={changed}
          words={{ before: sure(changed.reach_a), now: sure(changed.reach_b) }}
          at="reachWords"
        />
      )}
      <List title={m("came")}>
        {into.map((link) => (
          <Row
            key={link.key}
            id={link.from}
            graph={graph}
            link={link}
            onClick={() => onLink(link.from, id)}
          />
        ))}
        {node.started > 0 && <Plain name={m("began")} customers={node.started} />}
        {node.continued > 0 && <Plain name={m("beganBefore")} customers={node.continued} />}
      </List>
      <List title={m("went")}>
        {out.map((link) => (
          <Row key={link.key} id={link.to} graph={graph} link={link} onClick={() => onLink(id, link.to)} />
        ))}
        {loop && <Plain name={m("repeated")} customers={loop.customers} seconds={loop.edge.median_seconds} />}
        {ends.left > 0 && <Plain name={m("leftJourney")} customers={ends.left} />}
        {ends.open > 0 && <Plain name={m("stillOpen")} customers={ends.open} />}
      </List>
      {members.length > 0 && (
        <List title={m("groupOf", { count: members.length })}>
          {members.map((one) => (
            <Plain key={one.id} name={one.label} customers={one.customers} />
          ))}
        </List>
      )}
      <div className={panel.actions}>
        {plain && (
          <Link
            to="/customers"
            search={customersAt(id, scope) as never}
            className={buttonClass({ look: "primary", small: true })}
          >
            {m("seeCustomers")}
          </Link>
        )}
        {(plain || wide) && (
          <>
            <Link
              to="/paths"
              search={{ ...scopeOf(scope), at: pattern } as never}
              className={buttonClass({ small: true })}
            >
              {m("pathsHere")}
            </Link>
            <Link
              to="/funnels"
              search={{ ...scopeOf(scope), steps: joined([pattern]) } as never}
              className={buttonClass({ small: true })}
            >
              {m("funnelHere")}
            </Link>
          </>
        )}
        {group && (
          <Button small onClick={onCloseGroup}>
            {m("closeGroup")}
          </Button>
        )}
      </div>
    </SidePanel>
  )
}

/** What a touchpoint is part of: brings all of it into focus. */
function Wider(props: PanelProps & { level: Wide; of: string; children: ReactNode }) {
  const { level, of, onFocus, children } = props
  if (!of) return children
  return (
    <button
      type="button"
      className={css.wider}
      title={m("focusOn", { name: String(children) })}
      onClick={() => onFocus(`${level}:${of}`)}
    >
      {children}
    </button>
  )
}

/** Words of the customers' page: those the map counts at a touchpoint. */
const customersAt = (touchpoint: string, scope: PanelProps["scope"]) => ({ touchpoint, ...scopeOf(scope) })

/** The period and segment as every page's address says them. */
function scopeOf({ from, to, segment }: PanelProps["scope"]) {
  return { ...(from && { from }), ...(to && { to }), ...(segment && { segment }) }
}

function OfLink({ graph, link, changes, onFocus, onClose }: PanelProps & { link: Edge }) {
  const { edge } = link
  const changed = changes?.moves.get(link.key)
  const name = (id: string) => (
    <button type="button" className={css.end} onClick={() => onFocus(id)}>
      <ChannelDot id={graph.at.get(id)?.channel ?? ""} />
      {graph.at.get(id)?.label ?? id}
    </button>
  )
  return (
    <SidePanel title={m("link")} stays onClose={onClose}>
      <p className={css.ends}>
        {name(link.from)}
        <ArrowRight size={14} aria-label="to" />
        {name(link.to)}
      </p>
      <Figures>
        <Figure name={m("customers").toLowerCase()}>{count(link.customers)}</Figure>
        <Figure name={m("moves")}>{count(edge.events)}</Figure>
        <Figure name={m("chance")}>{share(edge.p_out ?? 0, 1)}</Figure>
        <Figure name={m("medianTime")}>{duration(edge.median_seconds)}</Figure>
        <Figure name={m("ninety")}>{duration(edge.p90_seconds)}</Figure>
      </Figures>
      {changed && (
        <Change
          one={changed}
          words={{ before: sure(changed.chance_a), now: sure(changed.chance_b) }}
          at="chanceWords"
        />
      )}
    </SidePanel>
  )
}

function Change(props: {
  one: ChangedEdge | ChangedNode
  words: { before: string; now: string }
  at: "chanceWords" | "reachWords"
}) {
  const { one, words, at } = props
  return (
    <p className={css.said}>
      <strong className={`${css.points} num`} data-way={wayOf(one)}>
        {pointsTold(one.change)}
      </strong>{" "}
      {m(at, words)}, {m(one.flagged ? "beyond" : "within")}
    </p>
  )
}

function endsOf(graph: Graph, id: string): { left: number; open: number } {
  const at = (kind: string) =>
    graph.answer.edges.find((edge) => edge.kind === kind && edge.from === id)?.customers ?? 0
  return { left: at("end"), open: at("open") }
}

const FIRST = 7

function List({ title, children }: { title: string; children: ReactNode[] | ReactNode }) {
  const [open, setOpen] = useState(false)
  const rows = (Array.isArray(children) ? children.flat() : [children]).filter(Boolean)
  if (!rows.length) return null
  // links first, how else it went last: the latter are always told
  const links = Array.isArray(children) && Array.isArray(children[0]) ? children[0] : rows
  const rest = rows.filter((row) => !links.includes(row))
  const hidden = links.length - FIRST
  return (
    <section className={css.list}>
      <h3>{title}</h3>
      <ul>
        {open ? links : links.slice(0, hidden > 1 ? FIRST : links.length)}
        {hidden > 1 && (
          <li>
            <button type="button" className={css.more} onClick={() => setOpen(!open)} aria-expanded={open}>
              {open ? m("fewer") : m("more", { count: hidden })}
            </button>
          </li>
        )}
        {rest}
      </ul>
    </section>
  )
}

function Row(props: { id: string; graph: Graph; link: Edge; onClick: () => void }) {
  const touchpoint = props.graph.at.get(props.id)
  const { customers, edge } = props.link
  return (
    <li>
      <button type="button" className={panel.row} onClick={props.onClick}>
        <ChannelDot id={touchpoint?.channel ?? ""} />
        <span className={panel.name}>{touchpoint?.label ?? props.id}</span>
        <span className="num">{count(customers)}</span>
        <span className={`${panel.beside} num`}>{duration(edge.median_seconds)}</span>
      </button>
    </li>
  )
}

function Plain({ name, customers, seconds }: { name: string; customers: number; seconds?: number | null }) {
  return (
    <li className={panel.row}>
      <i className={panel.ink} aria-hidden="true" />
      <span className={panel.name}>{name}</span>
      <span className="num">{count(customers)}</span>
      <span className={`${panel.beside} num`}>{seconds === undefined ? "" : duration(seconds)}</span>
    </li>
  )
}
