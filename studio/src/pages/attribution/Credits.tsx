/** A row for each place, a column for each model: the share of credit with the range it surely lies in. */
import { ArrowDown } from "lucide-react"
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { ChannelDot } from "@/parts/channel"
import { Interval } from "@/parts/Interval"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { share } from "@/text/format"
import css from "./attribution.module.css"
import { a, MODELS } from "./text"

interface Credit {
  share: number
  credit: number
  low: number | null
  high: number | null
}

export function Credits(props: { answer: Answer; sort: string; onSort: (model: string) => void }) {
  const { answer, sort, onSort } = props
  const credits = creditsOf(answer)
  const models = Object.keys(MODELS).filter((model) => credits.has(model))
  const by = models.includes(sort) ? sort : (models.at(-1) ?? "")
  const of = (model: string, row: Row) => credits.get(model)?.get(String(row.id))
  const rows = (answer.tables.touchpoints?.rows ?? []).toSorted(
    (one, other) => (of(by, other)?.share ?? 0) - (of(by, one)?.share ?? 0),
  )
  const most = Math.max(
    0.01,
    ...[...credits.values()].flatMap((one) => [...one.values()].map((each) => each.high ?? each.share)),
  )
  return (
    <section className={parts.card} aria-label={answer.tables.touchpoints?.title ?? a("title")}>
      <div className={parts.scroll}>
        <Table className={css.credits}>
          <thead>
            <tr>
              <th scope="col">{a("place")}</th>
              <th scope="col" className={parts.right}>
                {a("conversions")}
              </th>
              {models.map((model) => (
                <th key={model} scope="col" aria-sort={model === by ? "descending" : undefined}>
                  <button type="button" className={css.sort} onClick={() => onSort(model)}>
                    {MODELS[model]}
                    {model === by && <ArrowDown size={12} aria-hidden="true" />}
                  </button>
                </th>
              ))}
              <th scope="col" className={parts.right}>
                {a("range")}
              </th>
              <th scope="col" className={parts.right} title={a("removalAbout")}>
                {a("removal")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={String(row.id)}>
                <th scope="row" dir="auto" title={String(row.label)}>
                  {row.channel && <ChannelDot id={String(row.channel)} size={8} />} {String(row.label)}
                </th>
                <td className={parts.right}>
                  <Customers
                    value={Number(row.customers)}
                    row={{ table: "touchpoints", id: row.id ?? "" }}
                    of={a("whose", { name: String(row.label) })}
                  />
                </td>
                {models.map((model) => (
                  <Cell key={model} credit={of(model, row)} most={most} chosen={model === by} />
                ))}
                <td className={`${parts.right} ${css.range}`}>
                  {typeof row.least === "number" && typeof row.most === "number"
                    ? `${share(row.least)} – ${share(row.most)}`
                    : "–"}
                </td>
                <td className={parts.right}>
                  {typeof row.removal_effect === "number" ? `−${share(row.removal_effect)}` : "–"}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
      <p className={parts.note}>{answer.tables.touchpoints?.note || a("descriptive")}</p>
    </section>
  )
}

function Cell({ credit, most, chosen }: { credit: Credit | undefined; most: number; chosen: boolean }) {
  if (!credit) return <td>–</td>
  const told = a("credit", {
    share: share(credit.share, 1),
    credit: credit.credit.toFixed(1),
    low: share(credit.low ?? credit.share),
    high: share(credit.high ?? credit.share),
  })
  return (
    <td title={told} data-wide data-chosen={chosen || undefined} className={css.cell}>
      <span className="num">{share(credit.share, credit.share < 0.1 ? 1 : 0)}</span>
      <Interval value={credit.share} low={credit.low} high={credit.high} from={0} to={most} width={62} />
    </td>
  )
}

function creditsOf(answer: Answer): Map<string, Map<string, Credit>> {
  const found = new Map<string, Map<string, Credit>>()
  const number = (value: unknown) => (typeof value === "number" ? value : null)
  for (const row of answer.tables.credits?.rows ?? []) {
    const model = String(row.model)
    const of = found.get(model) ?? new Map<string, Credit>()
    found.set(model, of)
    of.set(String(row.id), {
      share: number(row.share) ?? 0,
      credit: number(row.credit) ?? 0,
      low: number(row.low),
      high: number(row.high),
    })
  }
  return found
}
