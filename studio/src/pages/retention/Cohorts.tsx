/** A row for each cohort, a column for each period after; the more came back, the fuller the cell. What nobody can know yet
 * is empty. */
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { useWho } from "@/pages/understand/useAnalysis"
import parts from "@/parts/parts.module.css"
import { count, date, share } from "@/text/format"
import css from "./retention.module.css"
import { periodTold, r } from "./text"

interface Cell {
  returned: number
  customers: number
  share: number
  low: number | null
  high: number | null
}

export function Cohorts({ answer, period }: { answer: Answer; period: string }) {
  const cohorts = answer.tables.cohorts
  if (!cohorts) return null
  const periods = cohorts.columns.filter(({ kind }) => kind === "share").map(({ name }) => Number(name))
  const cells = new Map(
    (answer.tables.cells?.rows ?? []).map((row) => [`${row.cohort} ${row.period}`, cellOf(row)]),
  )
  const overall = new Map((answer.tables.periods?.rows ?? []).map((row) => [Number(row.period), cellOf(row)]))
  return (
    <div className={parts.scroll}>
      <table className={css.cohorts}>
        <caption className="sr-only">{cohorts.title}</caption>
        <thead>
          <tr>
            <th scope="col">{r("cohort")}</th>
            <th scope="col" className={css.right}>
              {r("customers")}
            </th>
            {periods.map((one) => (
              <th key={one} scope="col" className={css.center}>
                {periodTold(period, one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr className={css.overall}>
            <th scope="row">{r("all")}</th>
            <td className={`${css.right} num`}>{count(Number(answer.totals.in_cohorts))}</td>
            {periods.map((one) => (
              <Shown key={one} cell={overall.get(one)} row={null} />
            ))}
          </tr>
          {cohorts.rows.map((row) => {
            const cohort = String(row.cohort)
            const name = cohort === "earlier" ? r("earlier") : date(cohort)
            return (
              <tr key={cohort}>
                <th scope="row">{name}</th>
                <td className={css.right}>
                  <Customers
                    value={Number(row.customers)}
                    row={{ table: "cohorts", cohort }}
                    of={r("whoCohort", { cohort: name })}
                  />
                </td>
                {periods.map((one) => (
                  <Shown
                    key={one}
                    cell={cells.get(`${cohort} ${one}`)}
                    row={{ table: "cells", cohort, period: one }}
                    of={r("whoCell", { cohort: name, period: periodTold(period, one) })}
                  />
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
      <p className={`${parts.note} ${css.legend}`}>{r("legend")}</p>
    </div>
  )
}

function Shown({ cell, row, of = "" }: { cell: Cell | undefined; row: Row | null; of?: string }) {
  const [who, show] = useWho()
  if (!cell)
    return (
      <td className={css.empty} title={r("never")}>
        <span className="sr-only">{r("never")}</span>
      </td>
    )
  const told = r("cell", {
    returned: count(cell.returned),
    customers: count(cell.customers),
    low: share(cell.low ?? cell.share),
    high: share(cell.high ?? cell.share),
  })
  const style = { "--full": `${Math.round(cell.share * 46)}%` } as React.CSSProperties
  const open = row !== null && who?.cohort === row.cohort && who?.period === row.period
  return (
    <td className={css.cell} style={style}>
      {row && cell.returned > 0 ? (
        <button
          type="button"
          className="num"
          title={told}
          aria-label={`${share(cell.share)}, ${of}: ${told}`}
          aria-pressed={open}
          onClick={() => show(open ? null : row)}
        >
          {share(cell.share)}
        </button>
      ) : (
        <span className="num" title={told}>
          {share(cell.share)}
        </span>
      )}
    </td>
  )
}

function cellOf(row: Row): Cell | undefined {
  if (typeof row.share !== "number") return undefined
  const number = (name: string) => (typeof row[name] === "number" ? row[name] : null)
  return {
    returned: number("returned") ?? 0,
    customers: number("customers") ?? 0,
    share: row.share,
    low: number("low"),
    high: number("high"),
  }
}
