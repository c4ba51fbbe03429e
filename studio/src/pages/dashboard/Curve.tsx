/** How customers feel over the stages, in the order of the configuration: mean emotion, its net score, or NPS. */
import { useMemo } from "react"
import type { Row } from "@/api/analyses"
import { usePlaces } from "@/pages/understand/places"
import { bodyOf } from "@/pages/understand/scope"
import { useAnalysis, useWho } from "@/pages/understand/useAnalysis"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { useSize } from "@/parts/useSize"
import { count, signed } from "@/text/format"
import type { Shows } from "./DashboardPage"
import css from "./dashboard.module.css"
import { type Tile, tilesOf } from "./model"
import { d } from "./text"

const HEIGHT = 196
const TOP = 26
const BOTTOM = 26
const SIDE = 56
/** Less room than this for a stage: its name stands in two lines, its answers without their unit. */
const NARROW = 92
const ENOUGH = 30

export function Curve({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  const [frame, size] = useSize<HTMLDivElement>()
  const [, show] = useWho()
  const asked = useAnalysis(
    "kpis",
    useMemo(() => bodyOf({ ...shows, level: "stage" }), [shows]),
  )
  const places = usePlaces()
  const width = Math.max(260, size?.width ?? 640)
  const order = places.stages.map(({ pattern }) => pattern.slice("stage:".length))
  const stages = (asked.answer ? tilesOf(asked.answer) : [])
    .filter(({ id, status }) => order.includes(id) && status !== "never")
    .toSorted((one, other) => order.indexOf(one.id) - order.indexOf(other.id))
  const asking = stages.some(({ npsAnswers }) => npsAnswers > 0)
  const nps = shows.measure === "nps" && asking
  const net = shows.measure === "net" || nps
  const value = (one: Tile) => (nps ? one.nps : net ? one.net : one.emotion)
  const answers = (one: Tile) => (nps ? one.npsAnswers : one.answers)
  const [low, high] = [
    (one: Tile) => (nps ? one.npsLow : net ? null : one.low),
    (one: Tile) => (nps ? one.npsHigh : net ? null : one.high),
  ]
  // the scale ends at whole points beyond what is shown, so that a flat curve is not drawn flatter than it is
  const most = Math.max(
    ...stages.flatMap((one) => [value(one), low(one), high(one)].map((end) => Math.abs(end ?? 0))),
    0,
  )
  const to = net
    ? Math.min(1, Math.max(0.5, Math.ceil(most * 4) / 4))
    : Math.min(2, Math.max(1, Math.ceil(most * 2) / 2))
  const from = -to
  const narrow = (width - 2 * SIDE) / Math.max(1, stages.length - 1) < NARROW
  const side = narrow ? 30 : SIDE
  const x = (at: number) => side + (at / Math.max(1, stages.length - 1)) * (width - 2 * side)
  const y = (one: number) => TOP + ((to - one) / (to - from)) * (HEIGHT - TOP - BOTTOM)
  const points = stages.flatMap((one, at) => {
    const here = value(one)
    return here === null ? [] : [{ one, at, here }]
  })
  return (
    <section className={parts.card} aria-labelledby="curve">
      <div className={parts.cardHead}>
        <h2 id="curve">{d("curve")}</h2>
        <Segmented
          label={d("measure")}
          value={nps ? "nps" : net ? "net" : "emotion"}
          choices={(["emotion", "net", ...(asking ? (["nps"] as const) : [])] as const).map((one) => ({
            value: one,
            label: d(one),
          }))}
          onChange={(measure) => set({ measure })}
        />
      </div>
      <p className={parts.note}>
        {d(nps ? "npsAbout" : net ? "netAbout" : "emotionAbout")} {narrow && d("answersBelow")}
      </p>
      <div ref={frame}>
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={d("curve")}
          className={css.curve}
          data-narrow={narrow || undefined}
        >
          <line className={css.zero} x1={8} x2={width - 8} y1={y(0)} y2={y(0)} />
          {points.slice(1).map(({ one, at, here }, n) => {
            const before = points[n]
            if (!before) return null
            const few = Math.min(answers(one), answers(before.one)) < ENOUGH
            return (
              <line
                key={one.id}
                className={css.link}
                x1={x(before.at)}
                x2={x(at)}
                y1={y(before.here)}
                y2={y(here)}
                strokeDasharray={few ? "4 4" : undefined}
              />
            )
          })}
          {stages.map((one, at) => (
            <text key={one.id} textAnchor="middle" className={css.stage}>
              {(narrow ? inTwo(one.label) : [one.label]).map((line, number, lines) => (
                <tspan key={line} x={x(at)} y={HEIGHT - 6 - 14 * (lines.length - 1 - number)}>
                  {line}
                </tspan>
              ))}
            </text>
          ))}
          {points.map(({ one, at, here }) => (
            <g key={one.id} data-tone={here < 0 ? "worse" : "better"} className={css.point}>
              {low(one) !== null && (
                <line
                  x1={x(at)}
                  x2={x(at)}
                  y1={y(Math.min(to, high(one) ?? here))}
                  y2={y(Math.max(from, low(one) ?? here))}
                />
              )}
              <circle cx={x(at)} cy={y(here)} r={5} />
              <text
                x={x(at)}
                y={here < 0 ? y(low(one) ?? here) + 19 : y(high(one) ?? here) - 11}
                textAnchor="middle"
              >
                {net ? signed(here * 100) : signed(here, 2)}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <ul className={css.told}>
        {stages.map((one, at) => {
          const here = value(one)
          const row: Row = nps
            ? { of: "stages", table: "surveys", id: one.id, asks: "NPS" }
            : { of: "stages", table: "touchpoints", id: one.id, told: true }
          return (
            <li key={one.id} style={{ insetInlineStart: x(at) }}>
              {answers(one) ? (
                <button type="button" onClick={() => show(row)}>
                  {narrow ? count(answers(one)) : d("answers", { count: count(answers(one)) })}
                  {here !== null && (
                    <span className="sr-only">
                      {`, ${one.label}: ${net ? signed(here * 100) : signed(here, 2)}`}
                      {answers(one) < ENOUGH ? `, ${d("few")}` : ""}
                    </span>
                  )}
                </button>
              ) : narrow ? (
                "0"
              ) : (
                d("none")
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** A name in two lines, parted between words near its middle. */
function inTwo(name: string): string[] {
  const words = name.split(" ")
  if (words.length < 2) return [name]
  const at = words.findIndex((_, end) => words.slice(0, end + 1).join(" ").length >= name.length / 2)
  const first = words.slice(0, Math.max(1, at + 1)).join(" ")
  return first === name
    ? [words.slice(0, -1).join(" "), words.at(-1) ?? ""]
    : [first, name.slice(first.length + 1)]
}
