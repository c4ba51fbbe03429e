/** How customers feel over the stages, in the order of the configuration: mean emotion, or the net score. */
import { useMemo } from "react"
import { usePlaces } from "@/pages/understand/places"
import { bodyOf } from "@/pages/understand/scope"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { useSize } from "@/parts/useSize"
import { count, signed } from "@/text/format"
import type { Shows } from "./DashboardPage"
import css from "./dashboard.module.css"
import { type Tile, tilesOf } from "./model"
import { d } from "./text"

const HEIGHT = 216
const TOP = 26
const BOTTOM = 46
const SIDE = 56
/** Less room than this for a stage: its name stands in two lines, its answers without their unit. */
const NARROW = 92
const ENOUGH = 30

export function Curve({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  const [frame, size] = useSize<HTMLDivElement>()
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
  const net = shows.measure === "net"
  const value = (one: Tile) => (net ? one.net : one.emotion)
  // the scale ends at whole points beyond what is shown, so that a flat curve is not drawn flatter than it is
  const most = Math.max(
    ...stages.flatMap((one) => (net ? [one.net] : [one.low, one.high]).map((end) => Math.abs(end ?? 0))),
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
          value={shows.measure}
          choices={[
            { value: "emotion", label: d("emotion") },
            { value: "net", label: d("net") },
          ]}
          onChange={(measure) => set({ measure })}
        />
      </div>
      <p className={parts.note}>
        {d(net ? "netAbout" : "emotionAbout")} {narrow && d("answersBelow")}
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
            const few = Math.min(one.answers, before.one.answers) < ENOUGH
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
                <tspan key={line} x={x(at)} y={HEIGHT - 26 - 14 * (lines.length - 1 - number)}>
                  {line}
                </tspan>
              ))}
            </text>
          ))}
          {stages.map((one, at) => (
            <text key={one.id} x={x(at)} y={HEIGHT - 10} textAnchor="middle">
              {narrow
                ? count(one.answers)
                : one.answers
                  ? d("answers", { count: count(one.answers) })
                  : d("none")}
            </text>
          ))}
          {points.map(({ one, at, here }) => (
            <g key={one.id} data-tone={here < 0 ? "worse" : "better"} className={css.point}>
              {!net && one.low !== null && one.high !== null && (
                <line x1={x(at)} x2={x(at)} y1={y(Math.min(to, one.high))} y2={y(Math.max(from, one.low))} />
              )}
              <circle cx={x(at)} cy={y(here)} r={5} />
              <text
                x={x(at)}
                y={
                  here < 0 ? y(net ? here : (one.low ?? here)) + 19 : y(net ? here : (one.high ?? here)) - 11
                }
                textAnchor="middle"
              >
                {net ? signed(here * 100) : signed(here, 2)}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <ul className="sr-only">
        {points.map(({ one, here }) => (
          <li key={one.id}>
            {`${one.label}: ${net ? signed(here * 100) : signed(here, 2)}, ${d("answers", { count: one.answers })}`}
            {one.answers < ENOUGH ? `, ${d("few")}` : ""}
          </li>
        ))}
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
