/** Paths as a flow: a column for each step, a bar for each place of it, ribbons as wide as walks are many. */
import { useLayoutEffect, useMemo, useRef, useState } from "react"
import type { Answer, Row } from "@/api/analyses"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { channel } from "@/parts/channel"
import { useSize } from "@/parts/useSize"
import { count, plural, share } from "@/text/format"
import { backward, isEdge, type Shows } from "./address"
import { type Bar, keyOf, type Laid, layout, type Ribbon } from "./layout"
import { type FlowNode, flowOf, nameOf } from "./model"
import css from "./paths.module.css"
import { p } from "./text"

const HEAD = 40
const SIDE = 20
/** A column is never narrower: a name and its number have room, and the picture scrolls. */
const NARROWEST = 128
/** Below, shares are only on hover. */
const TIGHT = 165

export interface PictureProps {
  answer: Answer
  shows: Shows
  onPick: (row: Row | null) => void
  /** Begin paths at a node. */
  onRoot: (id: string) => void
}

export function Flow({ answer, shows, onPick, onRoot }: PictureProps) {
  const [frame, size] = useSize<HTMLDivElement>()
  const places = usePlaces()
  const [lit, light] = useState("")
  const [at, setAt] = useState("")
  const back = backward(shows)
  const laid = useMemo(() => {
    const { nodes, links } = flowOf(answer, shows.level, places)
    const first = anchorOf(answer, shows, places)
    const columns = new Set(nodes.map(({ step }) => step)).size + (first ? 1 : 0)
    const width = Math.max((size?.width ?? 0) - SIDE * 2, NARROWEST * columns)
    return layout(first ? [first, ...nodes] : nodes, links, {
      width,
      height: (size?.height ?? 600) - HEAD - 16,
      back,
    })
  }, [answer, shows, places, size, back])
  // what is before comes from the right: there it begins
  const sheet = useRef<HTMLFieldSetElement>(null)
  const wide = laid.column * laid.columns.size
  // biome-ignore lint/correctness/useExhaustiveDependencies: as wide as the picture is, so far is its end
  useLayoutEffect(() => {
    const box = sheet.current?.parentElement
    if (box) box.scrollLeft = back ? box.scrollWidth : 0
  }, [back, wide])
  const unit = answer.totals.walks === answer.totals.customers ? p("customers") : p("walks")
  const picked = shows.pick
  const key = picked?.table === "nodes" ? keyOf(Number(picked.step), String(picked.node)) : ""
  const linked = picked?.table === "links" ? `${picked.step} ${picked.from} ${picked.to}` : ""
  const on = lit || key
  const near = (one: Ribbon) =>
    keyOf(one.link.step - 1, one.link.from) === on || keyOf(one.link.step, one.link.to) === on
  const first = laid.bars.find(({ node }) => node.kind === "node") ?? laid.bars[0]
  const stop = laid.bars.some(({ node }) => keyOf(node.step, node.id) === at)
    ? at
    : first
      ? keyOf(first.node.step, first.node.id)
      : ""
  const move = (event: React.KeyboardEvent, bar: Bar) => {
    const to = neighbor(laid, bar, event.key, back)
    if (to) {
      event.preventDefault()
      const id = keyOf(to.node.step, to.node.id)
      setAt(id)
      const box = event.currentTarget.parentElement
      box?.querySelector<HTMLElement>(`[data-key="${CSS.escape(id)}"]`)?.focus()
    } else if (event.key === "r" && bar.node.kind === "node") onRoot(bar.node.id)
  }
  return (
    <div className={css.flow} ref={frame}>
      <fieldset
        ref={sheet}
        className={css.sheet}
        style={{ height: laid.height + HEAD + 8, width: wide + SIDE * 2 }}
        aria-describedby="paths-keys"
      >
        <legend className="sr-only">{p(back ? "chartBack" : "chart")}</legend>
        <p className="sr-only" id="paths-keys">
          {p("keys")}
        </p>
        {[...laid.columns].map(([step, x]) => (
          <div key={step} className={css.step} style={{ left: SIDE + x, width: laid.column }}>
            <b>{columnTold(step, shows, back, laid)}</b>
            {step > 0 && (
              <span className="num" title={unit}>
                {count(reached(laid, step))}
                <span className={css.unit}> {unit}</span>
              </span>
            )}
          </div>
        ))}
        <svg
          className={css.ribbons}
          width={wide + SIDE * 2}
          height={laid.height}
          style={{ top: HEAD }}
          aria-hidden="true"
        >
          <g transform={`translate(${SIDE} 0)`}>
            {laid.ribbons.map((one) => {
              const id = `${one.link.step} ${one.link.from} ${one.link.to}`
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: a larger target for what the panel has as buttons
                <path
                  key={id}
                  d={one.path}
                  stroke={colorOf(
                    one.to.node.kind === "node" || one.to.node.kind === "other" ? one.from.node : one.to.node,
                  )}
                  strokeWidth={one.width}
                  data-end={one.to.node.kind !== "node" || undefined}
                  data-on={on ? near(one) : linked ? linked === id : undefined}
                  onClick={() =>
                    onPick({ table: "links", step: one.link.step, from: one.link.from, to: one.link.to })
                  }
                >
                  <title>
                    {`${p("linkOf", { from: one.from.node.label, to: one.to.node.label })}: ${count(one.link.walks)}`}
                  </title>
                </path>
              )
            })}
          </g>
        </svg>
        {laid.bars.map((bar) => {
          const { node } = bar
          const id = keyOf(node.step, node.id)
          return (
            <button
              key={id}
              type="button"
              data-key={id}
              data-kind={node.kind}
              className={css.bar}
              tabIndex={id === stop ? 0 : -1}
              aria-pressed={key === id}
              aria-label={nodeWords(node)}
              title={`${node.label}: ${plural(node.customers, "customer")}, ${share(node.share, 1)}`}
              style={
                {
                  left: SIDE + bar.x,
                  top: HEAD + bar.y + bar.height / 2,
                  width: laid.column - 6,
                  "--tall": `${bar.height}px`,
                  "--fill": colorOf(node),
                } as React.CSSProperties
              }
              onClick={() =>
                node.step > 0 &&
                onPick(key === id ? null : { table: "nodes", step: node.step, node: node.id })
              }
              onDoubleClick={() => node.kind === "node" && onRoot(node.id)}
              onFocus={() => setAt(id)}
              onMouseEnter={() => light(id)}
              onMouseLeave={() => light("")}
              onKeyDown={(event) => move(event, bar)}
            >
              <i />
              <span data-narrow={laid.column < TIGHT || undefined}>
                <b dir="auto">{node.label}</b>
                <small className="num">
                  {count(node.walks)}
                  <em> · {share(node.share)}</em>
                </small>
              </span>
            </button>
          )
        })}
      </fieldset>
    </div>
  )
}

/** The bar everything comes out of; none where journeys begin or end, since it would be as high as the picture. */
function anchorOf(answer: Answer, shows: Shows, places: Parameters<typeof nameOf>[3]): FlowNode | null {
  if (isEdge(shows.anchor) && !shows.prefix.length) return null
  const from = String(answer.tables.links?.rows.find((row) => row.step === 1)?.from ?? shows.anchor)
  const shown = shows.prefix.at(-1)
  const walks = Number(answer.totals.walks)
  const name = shown ? nameOf(shown, "", shows.level, places) : toldOf(shows.anchor, places)
  return {
    ...name,
    step: 0,
    id: from,
    kind: "anchor",
    customers: Number(answer.totals.customers),
    walks,
    share: 1,
  }
}

export function colorOf({ channel: of, kind }: { channel: string; kind: string }): string {
  if (of) return channel(of).color
  return kind === "node" || kind === "anchor" ? "var(--accent)" : "var(--ink-3)"
}

const nodeWords = (node: FlowNode): string =>
  p("nodeWords", {
    step: node.step,
    name: node.label,
    customers: plural(node.customers, "customer"),
    share: share(node.share, 1),
  })

/** How many came to a step: every bar of it, those that ended there too. */
const reached = (laid: Laid, step: number): number =>
  laid.bars.filter(({ node }) => node.step === step).reduce((sum, { node }) => sum + node.walks, 0)

function columnTold(step: number, shows: Shows, back: boolean, laid: Laid): string {
  if (step === 0) return ""
  if (step > shows.depth && !laid.bars.some(({ node }) => node.step === step && node.kind === "node"))
    return p(back ? "began" : "ended")
  return p(back ? "stepBack" : "step", { step })
}

/** The bar an arrow key leads to: along the widest ribbon, or up and down in the column. */
function neighbor(laid: Laid, bar: Bar, key: string, back: boolean): Bar | undefined {
  const { node } = bar
  if (key === "ArrowUp" || key === "ArrowDown") {
    const column = laid.bars.filter((one) => one.node.step === node.step).toSorted((a, b) => a.y - b.y)
    return column[column.indexOf(bar) + (key === "ArrowUp" ? -1 : 1)]
  }
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined
  const onward = (key === "ArrowRight") !== back
  const near = laid.ribbons.filter((one) => (onward ? one.from : one.to) === bar)
  const widest = near.toSorted((a, b) => b.width - a.width)[0]
  return widest && (onward ? widest.to : widest.from)
}
