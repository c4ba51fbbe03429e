/** How long it takes to go all the way: the share that did within each time, with the band it may lie in. */
import type { Answer } from "@/api/analyses"
import parts from "@/parts/parts.module.css"
import { useSize } from "@/parts/useSize"
import { duration, share } from "@/text/format"
import css from "./funnels.module.css"
import { f } from "./text"

const HEIGHT = 132
const LEFT = 44
const BOTTOM = 22
const TOP = 10
const TICKS = [60, 600, 3_600, 21_600, 86_400, 259_200, 604_800, 1_814_400, 7_776_000]

export function Times({ answer }: { answer: Answer }) {
  const [frame, size] = useSize<HTMLDivElement>()
  const rows = (answer.tables.times?.rows ?? []).map((row) => ({
    at: Math.max(1, Number(row.seconds)),
    share: Number(row.share ?? 0),
    low: Number(row.low ?? row.share ?? 0),
    high: Number(row.high ?? row.share ?? 0),
  }))
  const last = rows.at(-1)
  if (!last) return null
  const width = Math.max(280, size?.width ?? 640)
  const first = Math.min(rows[0]?.at ?? 1, last.at / 2)
  const most = Math.max(...rows.map(({ high }) => high), 0.01)
  // times run from seconds to weeks: each ten times longer takes as much room
  const x = (at: number) =>
    LEFT + ((Math.log(at) - Math.log(first)) / (Math.log(last.at) - Math.log(first))) * (width - LEFT - 16)
  const y = (value: number) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM)
  const stairs = (of: "share" | "low" | "high") =>
    rows
      .map(
        (row, at) =>
          `${at ? `H${x(row.at).toFixed(1)}V` : `M${x(row.at).toFixed(1)} `}${y(row[of]).toFixed(1)}`,
      )
      .join("")
  const backward = rows
    .toReversed()
    .map(
      (row, at, all) => `${at ? `V${y(row.low).toFixed(1)}` : ""}H${x((all[at + 1] ?? row).at).toFixed(1)}`,
    )
    .join("")
  const ticks = TICKS.filter((at) => at > first && at < last.at)
  const expected = answer.totals.expected
  return (
    <section className={parts.card} aria-label={f("times")}>
      <h2>{f("times")}</h2>
      <p className={parts.note}>
        {f("timesAbout")}{" "}
        {typeof expected === "number" && (
          <span title={f("expectedAbout")}>
            {f("expected")}: <b className="num">{share(expected, 1)}</b>
          </span>
        )}
      </p>
      <div ref={frame}>
        <svg width={width} height={HEIGHT} role="img" aria-label={f("times")} className={css.times}>
          {[0, most / 2, most].map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={width - 16} y1={y(value)} y2={y(value)} />
              <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
                {share(value)}
              </text>
            </g>
          ))}
          {ticks.map((at) => (
            <text key={at} x={x(at)} y={HEIGHT - 5} textAnchor="middle">
              {duration(at)}
            </text>
          ))}
          <path d={`${stairs("high")}V${y(last.low).toFixed(1)}${backward}Z`} className={css.band} />
          <path d={stairs("share")} className={css.curve} />
        </svg>
      </div>
    </section>
  )
}
