/** The means of each sub-column -> the emotion curve above the map: blue above zero, orange below, ends of it labelled. */
import { count, signed } from "@/text/format"
import { ENOUGH, type Mood } from "../emotion"
import { m } from "../text"
import css from "./Chart.module.css"

export const ZERO = 86
const SWING = 20

export function EmotionCurve({
  curve,
  width,
  from,
}: {
  curve: readonly Mood[]
  width: number
  from: number
}) {
  const most = Math.max(1, ...curve.map(({ mean }) => Math.abs(mean)))
  const y = (mean: number) => ZERO - Math.sign(mean) * Math.sqrt(Math.abs(mean) / most) * SWING
  const first = curve[0]
  const last = curve.at(-1)
  if (!first || !last)
    return (
      <text x={from + 14} y={ZERO + 4} className={css.figure}>
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
