/** One touchpoint: disc, number, name, how many left it, how many came again. */
import { memo } from "react"
import { channel } from "@/parts/channel"
import { short } from "@/text/format"
import type { Way } from "../graph/changes"
import type { Link, Touchpoint } from "../graph/graph"
import { LINE_HEIGHT } from "../layout/names"
import type { Disc as Spot } from "../layout/types"
import css from "./Chart.module.css"
import { LESS, MORE, QUIET } from "./ink"
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
  /** On a map of changes: which ways it changed; else null. */
  ways: Ways | null
}

/** Which way a touchpoint changed beyond chance: who came, who left after it, who came again right away. */
export interface Ways {
  reach: Way | null
  left: Way | null
  again: Way | null
}

/** What did not change beyond chance is pale, with a line around. */
const changeOf = (way: Way | null) =>
  way
    ? { color: colorOf(way, QUIET), on: ON_CHANGE, shared: false }
    : { color: "var(--line-2)", on: "var(--ink-2)", shared: false }

const colorOf = (way: Way | null, quiet: string): string => (way ? (way === "more" ? MORE : LESS) : quiet)

const ON_CHANGE = "var(--surface)"

export const Disc = memo(function Disc(props: DiscProps) {
  const { spot, touchpoint, r, label, loop, state, stop, ways } = props
  const own = channel(touchpoint.channel)
  const told = ways ? changeOf(ways.reach) : own
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
        <LoopMark r={r} color={ways ? colorOf(ways.again, QUIET) : told.color} weight={repeats} />
      )}
      <circle r={r} fill={told.color} stroke="var(--surface)" strokeWidth={2} className={css.fill} />
      {ways && !ways.reach && <circle r={r} fill="none" stroke={QUIET} strokeWidth={1} />}
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
          stroke={colorOf(ways?.left ?? null, "var(--ink-2)")}
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
      {r <= NUMBERED && ways?.reach && <Sign way={ways.reach} r={r} />}
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

/** A small disc that has no number in it says with a triangle which way it changed. */
function Sign({ way, r }: { way: Way; r: number }) {
  const half = r * 0.5
  const y = way === "more" ? -half : half
  return <path d={`M${-half} ${-y * 0.75}H${half}L0 ${y}Z`} fill={ON_CHANGE} />
}

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
