/** A value with the range it surely lies in, on a scale others share: a dot on a line, nothing at the middle of zero. */
import css from "./Interval.module.css"

export interface IntervalProps {
  value: number
  low: number | null
  high: number | null
  /** Both ends of the scale. */
  from: number
  to: number
  /** What it means when it is surely above or below zero; plain says nothing of good and bad. */
  tone?: "worse" | "better" | "plain" | ""
  width?: number
}

export function Interval({ value, low, high, from, to, tone = "plain", width = 96 }: IntervalProps) {
  const at = (one: number) =>
    4 + ((Math.min(to, Math.max(from, one)) - from) / (to - from || 1)) * (width - 8)
  return (
    <svg className={css.interval} data-tone={tone || undefined} width={width} height={16} aria-hidden="true">
      <line className={css.axis} x1={4} x2={width - 4} y1={8} y2={8} />
      {from < 0 && to > 0 && <line className={css.zero} x1={at(0)} x2={at(0)} y1={2} y2={14} />}
      {low !== null && high !== null && (
        <line className={css.range} x1={at(low)} x2={at(high)} y1={8} y2={8} />
      )}
      <circle cx={at(value)} cy={8} r={3.5} />
    </svg>
  )
}

/** A range that holds every value and zero, a little wider. */
export function scaleOf(values: readonly (number | null | undefined)[]): { from: number; to: number } {
  const known = values.filter((one): one is number => typeof one === "number" && Number.isFinite(one))
  const from = Math.min(0, ...known)
  const to = Math.max(0, ...known)
  return from === to ? { from: 0, to: 1 } : { from, to }
}
