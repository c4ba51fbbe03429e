/** One touchpoint: disc, number, name, how many left it, how many came again. */
import { memo } from "react"
import { channel } from "@/parts/channel"
import { short } from "@/text/format"
import type { Link, Touchpoint } from "../graph/graph"
import { LINE_HEIGHT } from "../layout/names"
import type { Disc as Spot } from "../layout/types"
import css from "./Chart.module.css"
import { NUMBERED } from "./sizes"

/** Smaller shares are told in the panel, not drawn. */
const NOTABLE_LEFT = 0.03
const NOTABLE_REPEATS = 0.1
/** A line of a name, and what a group or a guess adds to it. */
const MARKED = /^(.*?)(\s?×\d+(?: ◇)?|\s?◇)?$/

export interface DiscProps {
  spot: Spot
  touchpoint: Touchpoint
  r: number
  label: string
  loop: Link | undefined
  state: "plain" | "faded" | "focused"
  /** The one disc that Tab comes to. */
  stop: boolean
}

export const Disc = memo(function Disc({ spot, touchpoint, r, label, loop, state, stop }: DiscProps) {
  const told = channel(touchpoint.channel)
  const around = 2 * Math.PI * (r + 3.2)
  const left = touchpoint.node.share_left ?? 0
  const repeats = loop?.edge.p_out ?? 0
  const { members } = touchpoint
  return (
    <g
      role="button"
      tabIndex={stop ? 0 : -1}
      aria-label={label}
      aria-pressed={state === "focused"}
      data-id={spot.id}
      data-state={state}
      className={css.disc}
      style={{ transform: `translate(${spot.x}px, ${spot.y}px)` }}
    >
      <circle r={Math.max(12, r + 2)} fill="transparent" />
      {members > 1 && (
        <>
          <circle r={r + 2.5} cx={3} cy={-2} fill="none" stroke={told.color} strokeOpacity={0.55} />
          <circle r={r + 2.5} cx={5.5} cy={-4} fill="none" stroke={told.color} strokeOpacity={0.28} />
        </>
      )}
      {repeats >= NOTABLE_REPEATS && spot.names.length > 0 && (
        <LoopMark r={r} color={told.color} weight={repeats} />
      )}
      <circle r={r} fill={told.color} stroke="var(--surface)" strokeWidth={2} className={css.fill} />
      {told.shared && (
        <circle
          r={Math.max(1, r - 2.5)}
          fill="none"
          stroke="var(--surface)"
          strokeWidth={1.2}
          strokeDasharray="2.5 2"
        />
      )}
      {left >= NOTABLE_LEFT && (
        <circle
          r={r + 3.2}
          fill="none"
          stroke="var(--ink-2)"
          strokeWidth={2.6}
          strokeDasharray={`${around * left} ${around}`}
          transform="rotate(-90)"
        />
      )}
      {state === "focused" && <circle r={r + 7} fill="none" stroke="var(--accent)" strokeWidth={2} />}
      <circle r={r + 6} className={css.ring} />
      {r > NUMBERED && (
        <text y={4} className={css.inside} fill={told.on}>
          {short(touchpoint.customers)}
        </text>
      )}
      {spot.names.length > 0 && (
        <text y={r + 15} className={css.name}>
          {spot.names.map((line, at) => {
            const [, name, mark] = MARKED.exec(line) ?? ["", line, ""]
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other key, and two may be the same
              <tspan key={at} x={0} dy={at ? LINE_HEIGHT : 0}>
                {name}
                {mark && <tspan className={css.members}>{mark}</tspan>}
              </tspan>
            )
          })}
        </text>
      )}
    </g>
  )
})

/** Moves from a touchpoint to itself: a small arrow at its shoulder, bolder the more of its steps they are. */
export function LoopMark({ r, color, weight }: { r: number; color: string; weight: number }) {
  const at = -(r + 5) * 0.72
  return (
    <g
      transform={`translate(${at},${at})`}
      fill="none"
      stroke={color}
      strokeWidth={1.1 + 1.2 * Math.min(1, weight * 1.6)}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M4.1 -1.6 A4.4 4.4 0 1 0 1.5 4.1" />
      <path d="M1.2 -2.6 L4.3 -1.4 L5.3 -4.6" />
    </g>
  )
}
