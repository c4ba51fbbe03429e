/** The map itself: a sheet that scrolls between fixed edges, with its ribbons, discs, numbers and moving dots. */
import { memo, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react"
import { useTheme } from "@/app/theme"
import { moods } from "../emotion"
import { type Changes, wayOf } from "../graph/changes"
import type { Shown } from "../graph/cover"
import { type Graph, linkKey } from "../graph/graph"
import { LEAST_RADIUS } from "../layout/grid"
import type { Grid } from "../layout/types"
import { changeNumbersOf, type Mode, numbersOf, type Picture } from "../picture"
import { m } from "../text"
import { begin, isArrow, walk } from "../walk"
import { discWords, linkWords } from "../words"
import css from "./Chart.module.css"
import { Disc, type Ways } from "./Disc"
import { EmotionLabel, Foot, Head, LeftLabel, RowNames, StageBacks, type Totals } from "./Frame"
import { RibbonCanvas, ribbonAt } from "./RibbonCanvas"
import { Ribbons } from "./Ribbons"
import { CANVAS_FROM, FOOT, HEAD, LABELS } from "./sizes"

export interface ChartProps {
  grid: Grid
  graph: Graph
  shown: Shown
  picture: Picture
  mode: Mode
  /** Colored by what changed beyond chance; null: by channel. */
  changes: Changes | null
  focus: string
  /** The touchpoints in focus: one, or all of a channel, a group or a stage. */
  among: ReadonlySet<string> | null
  /** Keys of the links in focus; null when nothing is. */
  focused: ReadonlySet<string> | null
  wide: number | undefined
  totals: Totals
  sheet: RefObject<HTMLDivElement | null>
  onFocus: (id: string) => void
  onLink: (from: string, to: string) => void
  onStage: (id: string) => void
  onChannel: (id: string) => void
  onLeave: () => void
  children?: ReactNode
}

export const Chart = memo(function Chart(props: ChartProps) {
  const { grid, graph, shown, picture, changes, focus, focused, sheet } = props
  const theme = useTheme()
  const [stop, setStop] = useState("")
  const hover = useHover(props)
  const curve = useMemo(() => moods(grid, graph.touchpoints), [grid, graph])
  const numbers = useMemo(
    () =>
      changes
        ? changeNumbersOf(grid, picture, changes, focused)
        : { links: numbersOf(grid, picture, props.mode, focused), discs: [] },
    [grid, picture, changes, props.mode, focused],
  )
  const ways = useMemo(() => changes && waysOf(graph, changes), [graph, changes])
  const near = useMemo(() => nearTo(shown, props.among, focused), [shown, props.among, focused])
  const many = picture.ribbons.length > CANVAS_FROM
  const onTop = useMemo(
    () => (many ? picture.ribbons.filter(({ link }) => focused?.has(link.key)) : picture.ribbons),
    [many, picture, focused],
  )
  const first = useMemo(
    () =>
      begin(
        grid,
        shown.touchpoints.map(({ id }) => id),
      ),
    [grid, shown],
  )
  const stopAt = shown.ids.has(stop) ? stop : shown.ids.has(focus) ? focus : first
  useInView(sheet, grid, focus, props.among)

  const pressed = (event: React.KeyboardEvent) => {
    const target = event.target as Element
    const id = target.closest("[data-id]")?.getAttribute("data-id")
    if (event.key === "Enter" || event.key === " ") {
      if (act(target, props)) event.preventDefault()
    } else if (id && isArrow(event.key)) {
      event.preventDefault()
      const next = walk(grid, shown.links, shown.ids, id, event.key)
      if (!next) return
      setStop(next)
      const disc = sheet.current?.querySelector<SVGGElement>(`[data-id="${CSS.escape(next)}"]`)
      disc?.focus({ preventScroll: true })
      show(sheet.current, grid, next)
    }
  }
  const clicked = (event: React.MouseEvent) => {
    const target = event.target as Element
    if (act(target, props)) return
    const ribbon = many ? hover.under(event) : undefined
    if (ribbon) props.onLink(ribbon.link.from, ribbon.link.to)
    else if (focus) props.onLeave()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: events of the discs and links in it
    <div
      ref={sheet}
      className={css.scroll}
      onKeyDown={pressed}
      onClick={clicked}
      onPointerMove={hover.moved}
      onPointerLeave={hover.left}
    >
      <div
        className={css.sheet}
        style={{
          gridTemplateColumns: `${LABELS}px ${grid.width}px`,
          gridTemplateRows: `${HEAD}px ${grid.height}px ${FOOT}px`,
        }}
      >
        <div className={css.corner}>
          <EmotionLabel />
        </div>
        <div className={css.head}>
          <Head grid={grid} graph={graph} curve={curve} wide={props.wide} />
        </div>
        <div className={css.rows}>
          <RowNames rows={grid.rows} height={grid.height} totals={props.totals} focus={focus} />
        </div>
        <div className={css.body}>
          <svg
            width={grid.width}
            height={grid.height}
            className={css.layer}
            data-part="body"
            data-layer="back"
            aria-hidden="true"
          >
            <StageBacks grid={grid} height={grid.height} />
            {grid.rows.slice(1).map(({ channel, y }) => (
              <line key={channel} x1={0} x2={grid.width} y1={y} y2={y} className={css.rule} />
            ))}
          </svg>
          {many && (
            <RibbonCanvas
              ribbons={picture.ribbons}
              graph={graph}
              width={grid.width}
              height={grid.height}
              faded={focused !== null}
              changes={changes}
              theme={theme}
            />
          )}
          <svg
            width={grid.width}
            height={grid.height}
            className={css.layer}
            data-part="body"
            role="group"
            aria-label={`${m("chart")} ${m("keys")}`}
          >
            <Ribbons ribbons={onTop} graph={graph} changes={changes} focus={focused} id="map-" />
            {grid.discs.map((spot) => {
              const touchpoint = graph.at.get(spot.id)
              if (!touchpoint || !shown.ids.has(spot.id))
                return <Ghost key={spot.id} x={spot.x} y={spot.y} there={!touchpoint} />
              return (
                <Disc
                  key={spot.id}
                  spot={spot}
                  touchpoint={touchpoint}
                  r={picture.radii.get(spot.id) ?? LEAST_RADIUS}
                  label={discWords(touchpoint, graph, changes)}
                  loop={graph.loops.get(spot.id)}
                  state={spot.id === focus ? "focused" : near && !near.has(spot.id) ? "faded" : "plain"}
                  stop={spot.id === stopAt}
                  ways={ways?.get(spot.id) ?? null}
                />
              )
            })}
          </svg>
          <svg
            width={grid.width}
            height={grid.height}
            className={`${css.layer} ${css.through}`}
            data-part="body"
            aria-hidden="true"
          >
            {[...numbers.links, ...numbers.discs].map(({ key, text, x, y, way }) => (
              <text key={key} x={x} y={y} className={css.number} data-way={way}>
                {text}
              </text>
            ))}
          </svg>
          {props.children}
        </div>
        <div className={css.left}>
          <LeftLabel />
        </div>
        <div className={css.foot}>
          <Foot grid={grid} graph={graph} />
        </div>
      </div>
      {hover.told && (
        <div className={css.tip} style={{ left: hover.told.x, top: hover.told.y }} aria-hidden="true">
          {hover.told.text}
        </div>
      )}
    </div>
  )
})

/** A touchpoint of the map that nobody of this choice came to keeps its place. */
function Ghost({ x, y, there }: { x: number; y: number; there: boolean }) {
  return there ? <circle cx={x} cy={y} r={3} className={css.ghost} /> : null
}

/** What a click or Enter on something of the map does; whether it did anything. */
function act(target: Element, props: ChartProps): boolean {
  const of = (name: string) => target.closest(`[data-${name}]`)?.getAttribute(`data-${name}`)
  const id = of("id")
  const link = of("link")
  const stage = of("stage")
  const channel = of("channel")
  const focus = of("focus")
  if (focus) props.onFocus(focus)
  else if (id !== null && id !== undefined) props.onFocus(id)
  else if (link) {
    const [from = "", to = ""] = link.split("\n")
    props.onLink(from, to)
  } else if (stage) props.onStage(stage)
  else if (channel !== null && channel !== undefined) props.onChannel(channel)
  else return false
  return true
}

function waysOf(graph: Graph, changes: Changes): Map<string, Ways> {
  return new Map(
    graph.touchpoints.map(({ id }) => [
      id,
      {
        reach: wayOf(changes.nodes.get(id)),
        left: wayOf(changes.ends.get(id)),
        again: wayOf(changes.moves.get(linkKey(id, id))),
      },
    ]),
  )
}

function nearTo(
  shown: Shown,
  among: ReadonlySet<string> | null,
  focused: ReadonlySet<string> | null,
): ReadonlySet<string> | null {
  if (!focused) return null
  const near = new Set(among)
  for (const link of shown.links)
    if (focused.has(link.key)) {
      near.add(link.from)
      near.add(link.to)
    }
  return near
}

interface Tip {
  text: string
  x: number
  y: number
}

/** What lies under the pointer, in words beside it. */
function useHover({ graph, picture, shown, changes }: ChartProps) {
  const [told, tell] = useState<Tip | null>(null)
  const many = picture.ribbons.length > CANVAS_FROM
  const under = (event: React.MouseEvent) => {
    const body = (event.currentTarget as Element).querySelector(`.${css.body}`)?.getBoundingClientRect()
    return body && ribbonAt(picture.ribbons, event.clientX - body.left, event.clientY - body.top)
  }
  const moved = (event: React.PointerEvent) => {
    const target = event.target as Element
    const key = target.closest("[data-link]")?.getAttribute("data-link")
    const id = target.closest("[data-id]")?.getAttribute("data-id")
    const touchpoint = id ? graph.at.get(id) : undefined
    const edge = target.closest("[data-stage],[data-channel]")
    const link = key
      ? picture.byKey.get(key)?.link
      : many && !touchpoint && !edge && shown.links.length
        ? under(event)?.link
        : undefined
    const text = touchpoint
      ? discWords(touchpoint, graph, changes)
      : link
        ? linkWords(link, graph, changes)
        : ""
    tell(text ? { text, x: event.clientX, y: event.clientY } : null)
  }
  return { told, moved, left: () => tell(null), under }
}

/** A disc in focus is brought into view once; of several, the largest. */
function useInView(
  sheet: RefObject<HTMLDivElement | null>,
  grid: Grid,
  focus: string,
  among: ReadonlySet<string> | null,
): void {
  const last = useRef("")
  useEffect(() => {
    if (focus && among && focus !== last.current) {
      const discs = grid.discs.filter(({ id }) => among.has(id)).toSorted((a, b) => b.r - a.r)
      show(sheet.current, grid, grid.at.has(focus) ? focus : (discs[0]?.id ?? ""))
    }
    last.current = among ? focus : ""
  }, [sheet, grid, focus, among])
}

function show(sheet: HTMLDivElement | null, grid: Grid, id: string): void {
  const disc = grid.at.get(id)
  if (!sheet || !disc) return
  const air = 40
  const room = { w: sheet.clientWidth - LABELS, h: sheet.clientHeight - HEAD - FOOT }
  const left = Math.min(Math.max(sheet.scrollLeft, disc.x + disc.r + air - room.w), disc.x - disc.r - air)
  const top = Math.min(Math.max(sheet.scrollTop, disc.y + disc.r + air - room.h), disc.y - disc.r - air)
  sheet.scrollTo({ left: Math.max(0, left), top: Math.max(0, top) })
}
