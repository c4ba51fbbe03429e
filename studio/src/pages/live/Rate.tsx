/** How many events a second, over five minutes, in the colors of their channels. */
import { memo } from "react"
import { channel } from "@/parts/channel"
import { filled } from "@/text/t"
import css from "./live.module.css"
import { text } from "./text"

const STEP = 5
const HIGH = 64

export interface Bar {
  total: number
  channels: Map<string, number>
}

export function pretty(rate: number): string {
  return rate >= 9.95 || Number.isInteger(rate) ? `${Math.round(rate)}` : rate.toFixed(1)
}

export const Rate = memo(function Rate(props: {
  bars: Bar[]
  order: string[]
  now: number
  /** Share of the time, from the left, nothing is known of. */
  unknown: number
}) {
  const { bars, order, now, unknown } = props
  const most = Math.max(...bars.map((bar) => bar.total)) / STEP
  const top = ceiling(most)
  const high = (count: number) => (count / STEP / top) * HIGH
  const width = 100 / bars.length
  return (
    <figure className={css.rate}>
      <svg
        viewBox={`0 0 100 ${HIGH}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={filled(text.rate, { now: pretty(now), most: pretty(most) })}
      >
        {[0.5, 1].map((part) => (
          <line
            key={part}
            x1={0}
            x2={100}
            y1={HIGH - HIGH * part + 0.5}
            y2={HIGH - HIGH * part + 0.5}
            className={css.grid}
          />
        ))}
        {unknown > 0 && (
          <rect x={0} y={0} width={unknown * 100} height={HIGH} className={css.unknown}>
            <title>{text.unknown}</title>
          </rect>
        )}
        {bars.map((bar, place) => {
          let y = HIGH
          return order.map((id) => {
            const count = bar.channels.get(id)
            if (!count) return null
            const part = high(count)
            y -= part
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: bars are places in time
                key={`${place}-${id}`}
                x={place * width + width * 0.09}
                y={y}
                width={width * 0.82}
                height={part}
                style={{ fill: channel(id).color }}
              />
            )
          })
        })}
        <line x1={0} x2={100} y1={HIGH - 0.5} y2={HIGH - 0.5} className={css.floor} />
      </svg>
      <figcaption>
        <span>{text.ago5}</span>
        <span>{text.now}</span>
      </figcaption>
      <span className={css.top}>{filled(text.most, { most: pretty(top) })}</span>
    </figure>
  )
})

/** The next round number: 1, 2, 5, 10, 20, 50 … */
export function ceiling(value: number): number {
  if (value <= 1) return 1
  const size = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * size).find((round) => round >= value) ?? size * 10
}
