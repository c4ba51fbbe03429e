/** What stays at the edges while the map scrolls: stages and emotion above, channels beside, who left below. */
import { LogOut } from "lucide-react"
import { memo } from "react"
import { channel } from "@/parts/channel"
import { count, share, short, signed } from "@/text/format"
import { ENOUGH, type Mood } from "../emotion"
import type { Graph, Stage } from "../graph/graph"
import { lines } from "../layout/names"
import type { Column, Grid, Row } from "../layout/types"
import { m } from "../text"
import css from "./Chart.module.css"
import { FOOT, HEAD, LABELS } from "./sizes"

const ZERO = 86
const SWING = 20

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
      {grid.columns.map((column) => {
        const stage = graph.stages[column.stage]
        return (
          stage && <StageName key={column.stage} column={column} stage={stage} wide={wide === column.stage} />
        )
      })}
      <EmotionCurve curve={curve} width={grid.width} />
      <line x1={0} x2={grid.width} y1={HEAD - 0.5} y2={HEAD - 0.5} className={css.strong} />
    </svg>
  )
})

function StageName({ column, stage, wide }: { column: Column; stage: Stage; wide: boolean }) {
  const names = lines(stage.label, (column.width - 24) / 1.18)
  const name = names.length > 1 ? `${names[0]}…` : names[0]
  const { told } = stage
  const details = told
    ? `${count(told.customers)} customers${told.share_of_previous === null ? "" : `, ${m("ofPrevious", { share: share(told.share_of_previous) })}`}`
    : m("stageOwn")
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

/** As much of a stage's figures as there is room for. */
function briefly(
  { customers, share_of_previous: before }: NonNullable<Stage["told"]>,
  width: number,
): string {
  if (width < 116) return short(customers)
  const all = `${short(customers)} customers`
  return before === null || width < 150 ? all : `${all} · ${share(before)}`
}

function EmotionCurve({ curve, width }: { curve: readonly Mood[]; width: number }) {
  const most = Math.max(1, ...curve.map(({ mean }) => Math.abs(mean)))
  const y = (mean: number) => ZERO - Math.sign(mean) * Math.sqrt(Math.abs(mean) / most) * SWING
  const first = curve[0]
  const last = curve.at(-1)
  if (!first || !last)
    return (
      <text x={14} y={ZERO + 4} className={css.figure}>
        {m("noEmotion")}
      </text>
    )
  const piece = (a: Mood, b: Mood) => {
    const mid = (a.x + b.x) / 2
    return `C${mid},${y(a.mean)} ${mid},${y(b.mean)} ${b.x},${y(b.mean)}`
  }
  const pieces = curve.slice(1).map((mood, at) => piece(curve[at] as Mood, mood))
  const low = curve.reduce((a, b) => (b.mean < a.mean ? b : a))
  const high = curve.reduce((a, b) => (b.mean > a.mean ? b : a))
  return (
    <g>
      <defs>
        <linearGradient
          id="map-mood"
          gradientUnits="userSpaceOnUse"
          x1={0}
          y1={ZERO - SWING}
          x2={0}
          y2={ZERO + SWING}
        >
          <stop offset={0} stopColor="var(--better)" stopOpacity={0.3} />
          <stop offset={0.5} stopColor="var(--better)" stopOpacity={0} />
          <stop offset={0.5} stopColor="var(--worse)" stopOpacity={0} />
          <stop offset={1} stopColor="var(--worse)" stopOpacity={0.34} />
        </linearGradient>
      </defs>
      <line x1={0} x2={width} y1={ZERO} y2={ZERO} className={css.zero} />
      <path
        d={`M${first.x},${y(first.mean)}${pieces.join("")}L${last.x},${ZERO}L${first.x},${ZERO}Z`}
        fill="url(#map-mood)"
      />
      {curve.slice(1).map((mood, at) => {
        const before = curve[at] as Mood
        return (
          <path
            key={mood.x}
            d={`M${before.x},${y(before.mean)}${pieces[at]}`}
            className={css.mood}
            strokeDasharray={Math.min(before.n, mood.n) < ENOUGH ? "3 4" : undefined}
          />
        )
      })}
      {curve.map((mood) => (
        <g key={mood.x}>
          <title>{`${signed(mood.mean, 2)} on average, spread ${mood.sd.toFixed(2)}, ${count(mood.n)} answers`}</title>
          <circle cx={mood.x} cy={y(mood.mean)} r={10} fill="transparent" />
          <circle
            cx={mood.x}
            cy={y(mood.mean)}
            r={mood === low || mood === high ? 4 : 2.8}
            fill={mood.mean < 0 ? "var(--worse)" : "var(--better)"}
            className={css.dot}
          />
        </g>
      ))}
      {(low === high ? [high] : [low, high]).map((mood) => (
        <text
          key={mood.x}
          x={mood.x}
          y={y(mood.mean) + (mood.mean < 0 ? 15 : -9)}
          className={css.extreme}
          fill={mood.mean < 0 ? "var(--worse)" : "var(--better)"}
        >
          {signed(mood.mean, 1)}
        </text>
      ))}
    </g>
  )
}

export const RowNames = memo(function RowNames({ rows, height }: { rows: readonly Row[]; height: number }) {
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
        <RowName key={row.channel} row={row} first={at === 0} />
      ))}
    </svg>
  )
})

function RowName({ row, first }: { row: Row; first: boolean }) {
  const { label, Icon, color } = channel(row.channel)
  const names = lines(label, LABELS - 50)
  const middle = row.y + row.height / 2
  return (
    <g>
      {!first && <line x1={12} x2={LABELS} y1={row.y} y2={row.y} className={css.rule} />}
      <g
        role="button"
        tabIndex={0}
        data-channel={row.channel}
        aria-pressed={row.folded}
        aria-label={label}
        className={css.handle}
      >
        <title>{m(row.folded ? "unfold" : "fold", { channel: label })}</title>
        <rect x={8} y={middle - 15} width={LABELS - 12} height={30} rx={6} className={css.hit} />
        <Icon x={14} y={middle - 8} width={16} height={16} strokeWidth={2} color={color} aria-hidden="true" />
        <text className={css.row} data-folded={row.folded || undefined}>
          {names.map((line, index) => (
            <tspan key={line} x={38} y={middle + 4 + (index - (names.length - 1) / 2) * 14}>
              {line}
            </tspan>
          ))}
        </text>
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
      {grid.columns.map(({ stage, x, width }) => {
        const left = graph.stages[stage]?.left ?? 0
        return (
          <g key={stage}>
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
              {leftWords(left, journeys, width)}
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
