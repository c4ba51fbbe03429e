/** The identifiers around a customer as a picture: cards, and the ties between them. */
import { Ban, UserRound } from "lucide-react"
import { useLayoutEffect, useMemo, useRef, useState } from "react"
import { channel } from "@/parts/channel"
import { plural } from "@/text/format"
import type { Identity, Link } from "./asked"
import css from "./Graph.module.css"
import { type Drawn, type Node, network, type Placed } from "./network"
import { sentence } from "./sentences"
import { cut, deviceLabel, isDevice, kindIcon, kindLabel, type Profile } from "./who"

/** What is looked at: an identifier or a tie. */
export type Picked = { node: string } | { tie: string }

export function Graph(props: {
  nodes: readonly Node[]
  links: readonly Link[]
  anchor: string
  name: string
  devices: Profile["devices"]
  trails: Identity["trails"]
  picked: Picked | null
  onPick: (picked: Picked | null) => void
}) {
  const { picked, onPick } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(Number.POSITIVE_INFINITY)
  useLayoutEffect(() => {
    const seen = scroller.current
    if (!seen) return
    const measure = () => setRoom(seen.clientWidth)
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(seen)
    return () => watch.disconnect()
  }, [])
  const drawn = useMemo(
    () => network(props.nodes, props.links, props.anchor, room),
    [props.nodes, props.links, props.anchor, room],
  )
  // a little too wide is drawn a little smaller
  const zoom = Math.min(1, Math.max(SMALLEST, room / drawn.width))
  // where there is more than fits, the customer stands in the middle of what is seen
  useLayoutEffect(() => {
    const seen = scroller.current
    const root = drawn.nodes.find((node) => node.depth === 0)
    if (seen && root) seen.scrollLeft = root.x * zoom - seen.clientWidth / 2
  }, [drawn, zoom])
  const names = new Map(
    drawn.nodes.map((node) => [node.id, `${kindLabel(node.kind)} ${cut(node.value, 60)}`]),
  )
  const letGo = (event: React.KeyboardEvent) => {
    if (event.key === "Escape") onPick(null)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape lets go of what was picked inside
    <div className={css.scroller} ref={scroller} onKeyDown={letGo}>
      <div className={css.picture} style={{ width: drawn.width, height: drawn.height, zoom }}>
        <svg width={drawn.width} height={drawn.height} role="group" aria-label="Evidence between identifiers">
          {drawn.ties.map((tie) => (
            <Tie
              key={tie.key}
              tie={tie}
              names={names}
              picked={picked !== null && "tie" in picked && picked.tie === tie.key}
              beside={
                picked !== null &&
                "node" in picked &&
                picked.node !== props.anchor &&
                [tie.from, tie.to].includes(picked.node)
              }
              onPick={() => onPick({ tie: tie.key })}
            />
          ))}
        </svg>
        {drawn.nodes.map((node) => (
          <Card
            key={node.id}
            node={node}
            label={node.depth === 0 ? props.name : ""}
            devices={props.devices}
            trails={props.trails}
            picked={picked !== null && "node" in picked && picked.node === node.id}
            onPick={() => onPick({ node: node.id })}
          />
        ))}
      </div>
      {drawn.hidden > 0 && (
        <p className="quiet">
          {plural(drawn.hidden, "more identifier")} in the table: there is no room here.
        </p>
      )}
    </div>
  )
}

function Tie(props: {
  tie: Drawn<Link>
  names: ReadonlyMap<string, string>
  picked: boolean
  beside: boolean
  onPick: () => void
}) {
  const { tie } = props
  const told = sentence(props.names.get(tie.from) ?? "", props.names.get(tie.to) ?? "", tie.evidence)
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={told}
      aria-pressed={props.picked}
      className={css.tie}
      data-strength={tie.strength}
      data-extra={tie.extra || undefined}
      data-beside={props.beside || undefined}
      onClick={props.onPick}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return
        event.preventDefault()
        props.onPick()
      }}
    >
      <title>{told}</title>
      <path d={tie.path} className={css.hit} />
      <path d={tie.path} className={css.line} />
      {tie.evidence.length > 1 && !tie.extra && (
        <text x={tie.x} y={tie.y - 6} className={css.times}>
          ×{tie.evidence.length}
        </text>
      )}
    </g>
  )
}

const SMALLEST = 0.76
const WORDS = 58 // of a card are no words
const LETTER = 7

/** Its beginning and its end: ids of devices are long, and what tells them apart may stand at either. */
function ends(id: string, most: number): string {
  const half = Math.max(4, Math.floor(most / 2))
  return id.length > half * 2 ? `${id.slice(0, half)}…${id.slice(-half + 1)}` : id
}

function Card(props: {
  node: Placed
  /** The customer's name, in the middle. */
  label: string
  devices: Profile["devices"]
  trails: Identity["trails"]
  picked: boolean
  onPick: () => void
}) {
  const { node } = props
  const full = `${node.kind}:${node.value}`
  const Icon = node.state === "quarantined" ? Ban : node.depth === 0 ? UserRound : kindIcon(node.kind)
  const sources = [
    ...new Set(props.trails.filter((one) => (one.device || one.account) === full).map((one) => one.source)),
  ]
  const device = isDevice(node.kind) ? deviceLabel(full, props.devices) : ""
  const title = props.label || (device.startsWith(kindLabel(node.kind)) ? node.value : device || node.value)
  const kind = node.depth === 0 ? `${kindLabel(node.kind)} ${node.value}` : kindLabel(node.kind)
  return (
    <button
      type="button"
      className={css.card}
      data-state={node.state}
      data-self={node.depth === 0 || undefined}
      aria-pressed={props.picked}
      aria-label={`${kind}: ${cut(props.label || node.value, 120)}${node.state === "member" ? "" : `, ${node.state === "quarantined" ? "quarantined" : "not this customer's"}`}`}
      title={cut(full, 400)}
      style={{
        left: node.x - node.width / 2,
        top: node.y - node.height / 2,
        width: node.width,
        height: node.height,
      }}
      onClick={props.onPick}
    >
      <span className={css.icon}>
        <Icon size={node.depth === 0 ? 20 : 15} strokeWidth={1.9} aria-hidden="true" />
      </span>
      <span className={css.words}>
        <b dir="auto">{isDevice(node.kind) ? ends(title, (node.width - WORDS) / LETTER) : cut(title, 60)}</b>
        <small dir="auto">
          <bdi>
            {node.state === "quarantined"
              ? "quarantined"
              : node.state === "other"
                ? "not this customer's"
                : cut(kind, 40)}
          </bdi>
          {sources.slice(0, 4).map((source) => (
            <i key={source} style={{ background: channel(source).color }} />
          ))}
        </small>
      </span>
    </button>
  )
}
