/** Gaps in a ranked list: between what, for whom, how sure, and what each is worth. */
import { ArrowRight, LogOut } from "lucide-react"
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { ChannelDot, channel } from "@/parts/channel"
import { Interval, scaleOf } from "@/parts/Interval"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count, duration, share, signed } from "@/text/format"
import css from "./gaps.module.css"
import { type Gap, gapsOf, type Shows, sameGap, toneOf } from "./model"
import { g, KINDS, type Kind } from "./text"

export function List(props: { answer: Answer; shows: Shows; onOpen: (gap: Row | null) => void }) {
  const { answer, shows, onOpen } = props
  const gaps = gapsOf(answer)
  const shown = gaps.filter(({ kind }) => kind !== "other")
  const other = gaps.find(({ kind }) => kind === "other")
  const loss = scaleOf(shown.flatMap((one) => [one.loss, one.lossLow, one.lossHigh]))
  const most = Math.max(1e-9, ...shown.map(({ value }) => value ?? 0))
  if (!gaps.length) return <p className={css.none}>{g("noGap")}</p>
  return (
    <div className={css.list}>
      <Kinds answer={answer} />
      <Table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{g("gap")}</th>
            <th scope="col" className={parts.right}>
              {g("customers")}
            </th>
            <th scope="col" className={`${parts.right} ${css.spare}`}>
              {g("time")}
            </th>
            <th scope="col" className={`${parts.right} ${css.spare}`}>
              {g("emotion")}
            </th>
            <th scope="col">{g("loss")}</th>
            <th scope="col">{g(shows.worth === 1 ? "valueGoals" : "value")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((gap) => {
            const row = { kind: gap.kind, from: gap.from, to: gap.to }
            const open = sameGap(gap, shows.gap)
            return (
              <tr key={`${gap.kind} ${gap.from} ${gap.to}`} data-open={open || undefined}>
                <td>
                  <button
                    type="button"
                    className={css.open}
                    aria-expanded={open}
                    aria-label={g("open", {
                      name: `${KINDS[gap.kind as Kind] ?? gap.kind}: ${titleOf(gap)}`,
                    })}
                    title={bare(gap.sentence)}
                    onClick={() => onOpen(open ? null : row)}
                  >
                    <small>{KINDS[gap.kind as Kind] ?? gap.kind}</small>
                    <Between gap={gap} />
                  </button>
                </td>
                <td className={parts.right}>
                  <Customers value={gap.customers} row={{ table: "gaps", ...row }} of={titleOf(gap)} />
                  {gap.chance !== null && (
                    <small className={css.under}>
                      {g("ofThere", { share: share(gap.chance), at: count(gap.at ?? 0) })}
                    </small>
                  )}
                </td>
                <td className={`${parts.right} ${css.spare}`}>{duration(gap.median)}</td>
                <td className={`${parts.right} ${css.spare}`}>
                  <Feeling value={gap.feels} low={gap.feelsLow} high={gap.feelsHigh} />
                </td>
                <td>
                  {gap.loss === null ? (
                    <span className="quiet">{g("nothing")}</span>
                  ) : (
                    <span className={css.loss} title={g("descriptive")}>
                      <Interval
                        value={gap.loss}
                        low={gap.lossLow}
                        high={gap.lossHigh}
                        {...loss}
                        tone={toneOf(gap.lossLow, gap.lossHigh)}
                      />
                      <span className="num">
                        {g("points", { points: signed(gap.loss * 100) })}
                        {gap.lossLow !== null && gap.lossHigh !== null && (
                          <small className={css.under}>
                            {g("surely", {
                              low: signed(gap.lossLow * 100),
                              high: signed(gap.lossHigh * 100),
                            })}
                          </small>
                        )}
                      </span>
                    </span>
                  )}
                </td>
                <td>
                  <Worth gap={gap} most={most} />
                </td>
              </tr>
            )
          })}
          {other && (
            <tr>
              <td className={css.otherName}>{g("other")}</td>
              <td className={parts.right}>
                <Customers
                  value={other.customers}
                  row={{ table: "gaps", kind: "other", from: "", to: "" }}
                  of={g("other")}
                />
              </td>
              <td colSpan={4} className="quiet num">
                {g("times", { count: count(other.events), journeys: count(other.journeys) })}
              </td>
            </tr>
          )}
        </tbody>
      </Table>
    </div>
  )
}

/** What each kind touches in all: exact, whatever is listed. */
function Kinds({ answer }: { answer: Answer }) {
  const rows = answer.tables.kinds?.rows ?? []
  return (
    <ul className={css.kinds} aria-label={g("byKind")}>
      {rows.map((row) => (
        <li key={String(row.kind)}>
          <span title={String(row.label)}>{String(row.label)}</span>
          <strong>
            <Customers
              value={Number(row.customers)}
              row={{ table: "kinds", kind: row.kind ?? "" }}
              of={String(row.label)}
            />
          </strong>
          <small className="num">{typeof row.value === "number" ? worthTold(row.value) : g("nothing")}</small>
        </li>
      ))}
    </ul>
  )
}

/** From where to where, each with the sign of its channel. */
export function Between({ gap }: { gap: Gap }) {
  const places = usePlaces()
  const end = (id: string) => {
    const told = toldOf(id, places)
    const of = told.channel || (id.includes(":") ? "" : id)
    return (
      <span className={css.end} dir="auto">
        {of && <ChannelDot id={of} size={8} />}
        {of === id ? channel(id).label : told.label}
      </span>
    )
  }
  return (
    <span className={css.between}>
      {end(gap.from)}
      {gap.to === "END" ? (
        <LogOut size={13} aria-label="left" />
      ) : (
        gap.to && (
          <>
            <ArrowRight size={13} aria-hidden="true" />
            {end(gap.to)}
          </>
        )
      )}
    </span>
  )
}

/** A sentence of the hub without the channels in front of touchpoints: signs beside them show these. */
export const bare = (sentence: string) => sentence.replace(/\b[a-z_]+: (?=\p{Lu})/gu, "")

/** A gap in words: "Checkout → Support call". */
export function titleOf({ from, to }: Pick<Gap, "from" | "to">): string {
  const name = (id: string) => (id.includes(":") ? toldOf(id).label : channel(id).label)
  if (to === "END") return `${name(from)} → left`
  return to ? `${name(from)} → ${name(to)}` : name(from)
}

export function Feeling({
  value,
  low,
  high,
}: {
  value: number | null
  low: number | null
  high: number | null
}) {
  if (value === null) return <span className="quiet">{g("nothing")}</span>
  const tone = toneOf(high === null ? null : -high, low === null ? null : -low)
  return (
    <span className={`num ${css.feeling}`} data-tone={tone}>
      {tone !== "plain" && (value < 0 ? "▼ " : "▲ ")}
      {signed(value, 2)}
    </span>
  )
}

/** How much of its value is goals, and how much contacts. */
function Worth({ gap, most }: { gap: Gap; most: number }) {
  if (gap.value === null) return <span className="quiet">{g("nothing")}</span>
  return (
    <span className={css.worth}>
      <span className={css.bar} aria-hidden="true">
        <i style={{ width: `${(100 * (gap.valueGoals ?? 0)) / most}%` }} />
        <b style={{ width: `${(100 * (gap.valueContacts ?? 0)) / most}%` }} />
      </span>
      <strong className="num">{worthTold(gap.value)}</strong>
    </span>
  )
}

export function worthTold(value: number): string {
  return Math.abs(value) < 99.5 ? value.toFixed(1) : count(value)
}
