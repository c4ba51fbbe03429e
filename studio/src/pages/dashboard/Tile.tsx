/** One touchpoint: who comes, how they feel, how long it takes, what it does for goals, and whether this week is as usual. */
import { Link } from "@tanstack/react-router"
import { Map as MapIcon } from "lucide-react"
import { Customers } from "@/pages/understand/Number"
import { onMap, type Scope } from "@/pages/understand/scope"
import { buttonClass } from "@/parts/Button"
import { ChannelIcon, channel } from "@/parts/channel"
import { Interval } from "@/parts/Interval"
import parts from "@/parts/parts.module.css"
import { count, date, duration, share, signed } from "@/text/format"
import css from "./dashboard.module.css"
import type { Tile as One, Week } from "./model"
import { d } from "./text"

export function Tile({ tile, shows, currency }: { tile: One; shows: Scope; currency: string }) {
  const of = tile.channel || (shows.level === "channel" ? tile.id : "")
  return (
    <li className={css.tile} aria-label={tile.label}>
      <div className={css.head}>
        {of && <ChannelIcon id={of} size={15} />}
        <strong dir="auto" title={tile.id}>
          {shows.level === "channel" ? channel(tile.id).label : tile.label}
        </strong>
        {tile.status === "stopped" && (
          <span className={parts.pill} data-tone="worse">
            ▼ {d("stopped")}
          </span>
        )}
        {shows.level !== "channel" && (
          <Link
            to="/map"
            search={{ ...onMap(shows), focus: tile.id, level: undefined } as never}
            className={buttonClass({ small: true, icon: true, look: "quiet" })}
            aria-label={d("focus", { name: tile.label })}
            title={d("focus", { name: tile.label })}
          >
            <MapIcon size={15} aria-hidden="true" />
          </Link>
        )}
      </div>
      <p className={css.reach}>
        <b>{share(tile.reach)}</b>{" "}
        <small>
          <Customers
            value={tile.customers}
            row={{ table: "touchpoints", id: tile.id, status: tile.status }}
            of={d("whose", { name: tile.label })}
          />{" "}
          {d("ofAll")}
        </small>
      </p>
      <dl className={css.numbers}>
        <div>
          <dt>{d("emotion")}</dt>
          <dd title={tile.answers ? d("answers", { count: count(tile.answers) }) : d("none")}>
            {tile.emotion === null ? (
              d("nobody")
            ) : (
              <Signed value={tile.emotion} low={tile.low} high={tile.high} digits={2} />
            )}
          </dd>
        </div>
        {tile.nps !== null && (
          <div>
            <dt>{d("nps")}</dt>
            <dd
              title={d("npsOf", {
                count: count(tile.npsAnswers),
                low: signed((tile.npsLow ?? 0) * 100),
                high: signed((tile.npsHigh ?? 0) * 100),
              })}
            >
              <Signed value={tile.nps * 100} low={tile.npsLow} high={tile.npsHigh} digits={0} />
            </dd>
          </div>
        )}
        {tile.value !== null && tile.value > 0 && (
          <div>
            <dt>{d("value")}</dt>
            <dd className="num" title={d("valueAbout", { currency: currency || "–" })}>
              {count(Math.round(tile.value))} {currency}
            </dd>
          </div>
        )}
        <div>
          <dt>{d("time")}</dt>
          <dd className="num" title={d("toNext")}>
            {duration(tile.seconds)}
          </dd>
        </div>
        <div>
          <dt>{d("goals")}</dt>
          <dd
            title={d("adjustedAbout", {
              low: signed((tile.goalLow ?? 0) * 100),
              high: signed((tile.goalHigh ?? 0) * 100),
            })}
          >
            {tile.goal === null ? (
              d("nobody")
            ) : (
              <>
                <Signed value={tile.goal * 100} low={tile.goalLow} high={tile.goalHigh} digits={0} />
                <Interval
                  value={tile.goal}
                  low={tile.goalLow}
                  high={tile.goalHigh}
                  from={-0.8}
                  to={0.8}
                  tone={toneOf(tile.goalLow, tile.goalHigh)}
                  width={54}
                />
              </>
            )}
          </dd>
        </div>
      </dl>
      <Trend tile={tile} />
    </li>
  )
}

/** Surely above zero is better, surely below worse. */
function toneOf(low: number | null, high: number | null): "better" | "worse" | "plain" {
  if (low !== null && low > 0) return "better"
  return high !== null && high < 0 ? "worse" : "plain"
}

function Signed(props: { value: number; low: number | null; high: number | null; digits: number }) {
  const tone = toneOf(props.low, props.high)
  return (
    <span className={`num ${css.signed}`} data-tone={tone}>
      {tone === "plain" ? "" : tone === "better" ? "▲ " : "▼ "}
      {signed(props.value, props.digits)}
    </span>
  )
}

const WIDTH = 232
const HEIGHT = 40

/** Weeks as a line between the limits of chance; a week outside of them is marked. */
function Trend({ tile }: { tile: One }) {
  const { weeks } = tile
  if (weeks.length < 2) return null
  const most = Math.max(0.001, ...weeks.flatMap((one) => [one.share, one.high ?? 0]))
  const x = (at: number) => 4 + (at / (weeks.length - 1)) * (WIDTH - 8)
  const y = (value: number) => 4 + (1 - value / most) * (HEIGHT - 8)
  const line = (of: (week: Week) => number) =>
    weeks.map((one, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(of(one)).toFixed(1)}`).join("")
  const limited = weeks.every(({ low, high }) => low !== null && high !== null)
  const back = weeks
    .map((one, at) => `L${x(at).toFixed(1)} ${y(one.low ?? 0).toFixed(1)}`)
    .toReversed()
    .join("")
  const told = d("limits", { last: share(tile.last ?? 0) })
  return (
    <div className={css.trend}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={told} preserveAspectRatio="none">
        <title>{told}</title>
        {limited && <path className={css.limits} d={`${line((one) => one.high ?? 0)}${back}Z`} />}
        <path className={css.line} d={line((one) => one.share)} />
        {weeks.map((one, at) => (
          <circle
            key={one.week}
            cx={x(at)}
            cy={y(one.share)}
            r={one.signal ? 4 : 2}
            data-signal={one.signal || undefined}
          >
            <title>{`${date(one.week)}: ${share(one.share, 1)}, ${count(one.customers)}`}</title>
          </circle>
        ))}
      </svg>
      <small>
        <span className="num">{share(tile.last ?? 0)}</span>{" "}
        {tile.usual === null ? d("weekPlain") : d("week", { usual: share(tile.usual) })}
        {tile.signal && <strong> {tile.signal === "below" ? `▼ ${d("low")}` : `▲ ${d("high")}`}</strong>}
      </small>
    </div>
  )
}
