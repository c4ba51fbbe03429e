/** When customers leave: the share still there by time since their first step, with its band, and the period to focus on. */
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { useSize } from "@/parts/useSize"
import { count, duration, share } from "@/text/format"
import css from "./retention.module.css"
import { periodTold, r } from "./text"

const HEIGHT = 250
const LEFT = 48
const RIGHT = 30
const TOP = 12
const BOTTOM = 28
const COLORS = ["var(--accent)", "var(--ink-3)", "var(--channel-chat)", "var(--channel-app)"]

export function Leaving(props: { answer: Answer; names: (group: string) => string; period: string }) {
  const { answer, names, period } = props
  const groups = answer.tables.groups?.rows ?? []
  return (
    <>
      <Curves {...props} groups={groups} />
      <section className={parts.card} aria-labelledby="groups">
        <h2 id="groups">{r("groups")}</h2>
        <div className={parts.scroll}>
          <Table className={css.groups}>
            <thead>
              <tr>
                {(["group", "customers", "left", "still", "atOnce", "onset", "median", "worst"] as const).map(
                  (one) => (
                    <th
                      key={one}
                      scope="col"
                      className={one === "group" || one === "worst" ? undefined : parts.right}
                      title={one === "onset" ? r("onsetAbout") : undefined}
                    >
                      {r(one)}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {groups.map((row, at) => (
                <tr key={String(row.group)}>
                  <th scope="row" dir="auto">
                    <i
                      className={css.key}
                      style={{ background: COLORS[at % COLORS.length] }}
                      aria-hidden="true"
                    />
                    {names(String(row.group))}
                  </th>
                  <td className={parts.right}>
                    <Customers
                      value={Number(row.customers)}
                      row={{ table: "groups", group: row.group ?? "" }}
                      of={names(String(row.group))}
                    />
                    <small className={css.under}>{r("tooNew", { count: count(Number(row.too_new)) })}</small>
                  </td>
                  <td className={parts.right}>{count(Number(row.left))}</td>
                  <td className={parts.right}>{count(Number(row.still_there))}</td>
                  <td className={parts.right}>{share(Number(row.at_once ?? 0))}</td>
                  <td className={parts.right}>{duration(seconds(row.onset_seconds))}</td>
                  <td className={parts.right}>{duration(seconds(row.median_seconds))}</td>
                  <td>{row.focus ? `${row.focus} · ${share(Number(row.focus_chance ?? 0))}` : "–"}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      </section>
      <Chances answer={answer} names={names} period={period} groups={groups} />
    </>
  )
}

const seconds = (value: Row[string] | undefined) => (typeof value === "number" ? value : null)

interface Point {
  period: number
  still: number
  low: number
  high: number
}

function pointsOf(answer: Answer, group: Row[string] | undefined): Point[] {
  return (answer.tables.periods?.rows ?? [])
    .filter((row) => row.group === group && typeof row.still_there === "number")
    .map((row) => ({
      period: Number(row.period),
      still: Number(row.still_there),
      low: Number(row.still_low ?? row.still_there),
      high: Number(row.still_high ?? row.still_there),
    }))
}

function Curves(props: {
  answer: Answer
  groups: readonly Row[]
  names: (group: string) => string
  period: string
}) {
  const { answer, groups, names, period } = props
  const [frame, size] = useSize<HTMLDivElement>()
  const width = Math.max(320, size?.width ?? 720)
  const lines = groups.map((row) => ({ row, points: pointsOf(answer, row.group) }))
  const last = Math.max(1, ...lines.flatMap(({ points }) => points.map((one) => one.period)))
  const x = (at: number) => LEFT + (at / last) * (width - LEFT - RIGHT)
  const y = (value: number) => TOP + (1 - value) * (HEIGHT - TOP - BOTTOM)
  const every = Math.ceil(last / Math.max(2, Math.floor(width / 90)))
  const focus = focusOf(groups[0])
  return (
    <section className={parts.card} aria-label={r("curve")}>
      <h2>{r("curve")}</h2>
      <p className={parts.note}>{r("curveAbout")}</p>
      <div ref={frame}>
        <svg width={width} height={HEIGHT} role="img" aria-label={r("curve")} className={css.curves}>
          {focus > 0 && focus <= last && (
            <rect
              className={css.focus}
              x={x(focus - 1)}
              width={x(focus) - x(focus - 1)}
              y={TOP}
              height={HEIGHT - TOP - BOTTOM}
            />
          )}
          {[0, 0.25, 0.5, 0.75, 1].map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
              <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
                {share(value)}
              </text>
            </g>
          ))}
          {Array.from({ length: last + 1 }, (_, at) => at)
            .filter((at) => at % every === 0)
            .map((at) => (
              <text key={at} x={x(at)} y={HEIGHT - 8} textAnchor="middle">
                {at ? periodTold(period, at) : r("atOnce").toLowerCase()}
              </text>
            ))}
          {lines.map(({ row, points }, at) => (
            <g key={String(row.group)} style={{ color: COLORS[at % COLORS.length] }}>
              <path className={css.band} d={bandOf(points, x, y)} />
              <path className={css.curve} d={stairs(points, "still", x, y)} />
              {points.map((one) => (
                <circle key={one.period} cx={x(one.period)} cy={y(one.still)} r={3}>
                  <title>{`${names(String(row.group))}, ${periodTold(period, one.period)}: ${share(one.still, 1)} (${share(one.low)}–${share(one.high)})`}</title>
                </circle>
              ))}
            </g>
          ))}
        </svg>
      </div>
      {groups.length > 0 && focus > 0 && (
        <p className={parts.note}>
          <i className={css.focusKey} aria-hidden="true" />
          {r("focus", {
            group: names(String(groups[0]?.group)),
            period: String(groups[0]?.focus),
            chance: share(Number(groups[0]?.focus_chance ?? 0)),
          })}
        </p>
      )}
    </section>
  )
}

/** "week 3" -> 3. */
function focusOf(row: Row | undefined): number {
  const told = /(\d+)$/.exec(String(row?.focus ?? ""))
  return told ? Number(told[1]) : 0
}

type Scale = (value: number) => number

function stairs(points: readonly Point[], of: "still" | "low" | "high", x: Scale, y: Scale): string {
  return points
    .map((one, at) => `${at ? "L" : "M"}${x(one.period).toFixed(1)} ${y(one[of]).toFixed(1)}`)
    .join("")
}

function bandOf(points: readonly Point[], x: Scale, y: Scale): string {
  if (!points.length) return ""
  const back = points
    .toReversed()
    .map((one) => `L${x(one.period).toFixed(1)} ${y(one.low).toFixed(1)}`)
    .join("")
  return `${stairs(points, "high", x, y)}${back}Z`
}

/** Who leaves when, of those still there; each bar opens those who left. */
function Chances(props: {
  answer: Answer
  groups: readonly Row[]
  names: (group: string) => string
  period: string
}) {
  const { answer, groups, names, period } = props
  const rows = answer.tables.periods?.rows ?? []
  const most = Math.max(0.01, ...rows.map((row) => Number(row.chance ?? 0)))
  return (
    <section className={parts.card} aria-labelledby="chances">
      <h2 id="chances">{r("perPeriod")}</h2>
      {groups.map((group, at) => (
        <ul key={String(group.group)} className={css.chances} aria-label={names(String(group.group))}>
          {rows
            .filter((row) => row.group === group.group && Number(row.at_risk) > 0)
            .map((row) => {
              const told = row.period === 0 ? r("atOnce") : periodTold(period, Number(row.period))
              return (
                <li key={Number(row.period)}>
                  <span className={css.bar} aria-hidden="true">
                    <i
                      style={{
                        height: `${(100 * Number(row.chance ?? 0)) / most}%`,
                        background: COLORS[at % COLORS.length],
                      }}
                    />
                  </span>
                  <span className="num">{share(Number(row.chance ?? 0))}</span>
                  <small>
                    <Customers
                      value={Number(row.left)}
                      row={{ table: "periods", group: group.group ?? "", period: row.period ?? 0 }}
                      of={r("whoLeft", { group: names(String(group.group)), period: told })}
                    />
                  </small>
                  <small className={parts.note}>{told}</small>
                </li>
              )
            })}
        </ul>
      ))}
    </section>
  )
}
