/** What stays at the edges while the map scrolls: stages and emotion above, channels beside, who left below. */
import { LogOut } from "lucide-react"
import { memo } from "react"
import { channel } from "@/parts/channel"
import { count, plural, share, short } from "@/text/format"
import type { Mood } from "../emotion"
import type { Graph, Node, Stage } from "../graph/graph"
import { lines } from "../layout/names"
import type { Column, Grid, Row } from "../layout/types"
import { m } from "../text"
import css from "./Chart.module.css"
import { EmotionCurve, ZERO } from "./EmotionCurve"
import { FOOT, HEAD, LABELS } from "./sizes"

export const StageBacks = memo(function StageBacks({
  grid,
  height,
  bottom,
}: {
  grid: Grid
  height: number
  bottom?: boolean
}) {
  return grid.columns.map(({ stage, x, width }) => (
    <rect
      key={stage}
      x={x + 3}
      y={bottom ? -10 : 0}
      width={Math.max(0, width - 6)}
      height={height + 10}
      rx={bottom ? 8 : 0}
      className={css.back}
    />
  ))
})

export const Head = memo(function Head(props: {
  grid: Grid
  graph: Graph
  curve: readonly Mood[]
  wide: number | undefined
}) {
  const { grid, graph, curve, wide } = props
  return (
    <svg
      width={grid.width}
      height={HEAD}
      className={css.part}
      data-part="head"
      role="group"
      aria-label="Stages"
    >
      {grid.columns.map(({ stage, x, width }) => (
        <rect
          key={stage}
          x={x + 3}
          y={4}
          width={Math.max(0, width - 6)}
          height={HEAD}
          rx={8}
          className={css.back}
        />
      ))}
      <EmotionCurve curve={curve} width={grid.width} from={grid.columns.find(({ subs }) => subs)?.x ?? 0} />
      {grid.columns.map((column) => {
        const stage = graph.stages[column.stage]
        return (
          stage && <StageName key={column.stage} column={column} stage={stage} wide={wide === column.stage} />
        )
      })}
      <line x1={0} x2={grid.width} y1={HEAD - 0.5} y2={HEAD - 0.5} className={css.strong} />
    </svg>
  )
})

function StageName({ column, stage, wide }: { column: Column; stage: Stage; wide: boolean }) {
  if (!column.subs) return <SlimName column={column} stage={stage} />
  const name = oneLine(stage.label, (column.width - 24) / 1.18)
  const { told } = stage
  const details = detailsOf(stage)
  const brief = told ? briefly(told, column.width) : m("stageOwn")
  return (
    <g
      role="button"
      tabIndex={0}
      data-stage={stage.id}
      aria-pressed={wide}
      aria-label={`${stage.label}, ${details}`}
      className={css.handle}
    >
      <title>{`${stage.label}: ${details}. ${m(wide ? "stageBack" : "stageFocus", { stage: stage.label })}`}</title>
      <rect
        x={column.x + 6}
        y={7}
        width={Math.max(0, column.width - 12)}
        height={42}
        rx={6}
        className={css.hit}
      />
      <text x={column.x + 14} y={25} className={css.stage}>
        {name}
      </text>
      <text x={column.x + 14} y={42} className={css.figure}>
        {brief}
      </text>
    </g>
  )
}

/** A stage where nothing was heard: its name turned, and no button, as there is nothing to widen. */
function SlimName({ column, stage }: { column: Column; stage: Stage }) {
  const x = column.x + column.width / 2 + 4
  const said = `${stage.label}: ${m("emptyStage")}`
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a drawing; nothing to press
    <g role="img" aria-label={said} data-slim={stage.id}>
      <title>{said}</title>
      <rect x={column.x + 3} y={4} width={column.width - 6} height={HEAD - 4} fill="transparent" />
      <text transform={`translate(${x},${HEAD - 10}) rotate(-90)`} className={css.slim}>
        {oneLine(stage.label, HEAD - 24)}
      </text>
    </g>
  )
}

function oneLine(text: string, room: number): string {
  const [first = "", rest] = lines(text, room)
  return rest && !first.endsWith("…") ? `${first}…` : first
}

/** What a stage's figures say in full; of a stage that more reached than the one before no share is told. */
function detailsOf({ told }: Stage): string {
  if (!told) return m("stageOwn")
  const before = told.share_of_previous
  const customers = plural(told.customers, "customer")
  if (before === null) return customers
  return `${customers}, ${before > 1 ? m("moreThanBefore") : m("ofPrevious", { share: share(before) })}`
}

/** As much of a stage's figures as there is room for. */
function briefly(
  { customers, share_of_previous: before }: NonNullable<Stage["told"]>,
  width: number,
): string {
  if (width < 116) return short(customers)
  const all = `${short(customers)} ${customers === 1 ? "customer" : "customers"}`
  return before === null || before > 1 || !customers || width < 150 ? all : `${all} · ${share(before)}`
}

/** What the hub counted in each channel; told in folded rows. */
export type Totals = ReadonlyMap<string, Node>

export const RowNames = memo(function RowNames(props: {
  rows: readonly Row[]
  height: number
  totals: Totals
  focus: string
}) {
  const { rows, height, totals, focus } = props
  return (
    <svg
      width={LABELS}
      height={height}
      className={css.part}
      data-part="rows"
      role="group"
      aria-label="Channels"
    >
      {rows.map((row, at) => (
        <RowName
          key={row.channel}
          row={row}
          first={at === 0}
          total={totals.get(row.channel)}
          focused={focus === `channel:${row.channel}`}
        />
      ))}
    </svg>
  )
})

/** Its sign brings the channel into focus, its name folds the row. */
function RowName(props: { row: Row; first: boolean; total: Node | undefined; focused: boolean }) {
  const { row, first, total, focused } = props
  const { label, Icon, color } = channel(row.channel)
  const names = row.folded
    ? [
        oneLine(label, LABELS - 50),
        ...(total ? [`${short(total.customers)} ${total.customers === 1 ? "customer" : "customers"}`] : []),
      ]
    : lines(label, LABELS - 50)
  const said =
    row.folded && total
      ? `${label}, ${plural(total.customers, "customer")}, ${plural(total.events, "visit")}, ${m("leftThere", { count: count(total.left) })}`
      : label
  const middle = row.y + row.height / 2
  return (
    <g>
      {!first && <line x1={12} x2={LABELS} y1={row.y} y2={row.y} className={css.rule} />}
      <g
        role="button"
        tabIndex={0}
        data-channel={row.channel}
        aria-pressed={row.folded}
        aria-label={said}
        className={css.handle}
      >
        <title>{`${row.folded && total ? `${said}. ` : ""}${m(row.folded ? "unfold" : "fold", { channel: label })}`}</title>
        <rect x={34} y={middle - 15} width={LABELS - 38} height={30} rx={6} className={css.hit} />
        <text className={css.row} data-folded={row.folded || undefined}>
          {names.map((line, index) => (
            <tspan
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other key, and two may be the same
              key={index}
              className={row.folded && index ? css.sum : undefined}
              x={38}
              y={middle + 4 + (index - (names.length - 1) / 2) * 14}
            >
              {line}
            </tspan>
          ))}
        </text>
      </g>
      {row.channel && (
        <g
          role="button"
          tabIndex={0}
          data-focus={`channel:${row.channel}`}
          aria-pressed={focused}
          aria-label={m("focusOn", { name: label })}
          className={css.handle}
        >
          <title>{m(focused ? "focusOff" : "focusOn", { name: label })}</title>
          <rect x={8} y={middle - 14} width={28} height={28} rx={6} className={css.hit} />
        </g>
      )}
      <g className={css.through}>
        <Icon x={14} y={middle - 8} width={16} height={16} strokeWidth={2} color={color} aria-hidden="true" />
      </g>
    </g>
  )
}

export const EmotionLabel = memo(function EmotionLabel() {
  return (
    <svg width={LABELS} height={HEAD} className={css.part} data-part="corner" aria-hidden="true">
      <text x={14} y={ZERO + 4} className={css.row}>
        {m("emotion")}
      </text>
      <line x1={12} x2={LABELS} y1={HEAD - 0.5} y2={HEAD - 0.5} className={css.strong} />
    </svg>
  )
})

export const LeftLabel = memo(function LeftLabel() {
  return (
    <svg width={LABELS} height={FOOT} className={css.part} data-part="left" aria-hidden="true">
      <line x1={12} x2={LABELS} y1={0.5} y2={0.5} className={css.strong} />
      <LogOut x={14} y={14} width={16} height={16} color="var(--ink-2)" />
      <text x={38} y={26} className={css.row}>
        {m("left")}
      </text>
    </svg>
  )
})

export const Foot = memo(function Foot({ grid, graph }: { grid: Grid; graph: Graph }) {
  const most = Math.max(1, ...graph.stages.map(({ left }) => left))
  const journeys = graph.answer.totals.journeys
  return (
    <svg
      width={grid.width}
      height={FOOT}
      className={css.part}
      data-part="foot"
      role="group"
      aria-label={m("left")}
    >
      <StageBacks grid={grid} height={FOOT - 4} bottom />
      <line x1={0} x2={grid.width} y1={0.5} y2={0.5} className={css.strong} />
      {grid.columns.map(({ stage, x, width, subs }) => {
        const left = graph.stages[stage]?.left ?? 0
        return (
          <g key={stage}>
            <title>{`${graph.stages[stage]?.label ?? ""}: ${left ? m("leftOf", { count: count(left), share: share(left / Math.max(1, journeys)) }) : m("noneLeft")}`}</title>
            {left > 0 && (
              <rect
                x={x + 14}
                y={12}
                width={Math.max(3, ((width - 28) * left) / most)}
                height={6}
                rx={3}
                className={css.bar}
              />
            )}
            <text x={x + 14} y={34} className={css.figure}>
              {(subs > 0 || left > 0) && leftWords(left, journeys, width)}
            </text>
          </g>
        )
      })}
    </svg>
  )
})

function leftWords(left: number, journeys: number, width: number): string {
  if (!left) return width < 116 ? "0" : m("noneLeft")
  return width < 116
    ? short(left)
    : m("leftOf", { count: short(left), share: share(left / Math.max(1, journeys)) })
}
