/** What changed in the last week beyond chance, the surest first; each leads to the map filtered the same way. */
import { Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { why } from "@/api/client"
import { Customers } from "@/pages/understand/Number"
import { bodyOf, onMap } from "@/pages/understand/scope"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import parts from "@/parts/parts.module.css"
import { count, date } from "@/text/format"
import type { Shows } from "./DashboardPage"
import css from "./dashboard.module.css"
import { d } from "./text"

export function Alerts({ shows }: { shows: Shows }) {
  const asked = useAnalysis(
    "drift",
    useMemo(() => bodyOf(shows), [shows]),
  )
  const rows = asked.answer?.tables.alerts?.rows ?? []
  return (
    <section className={parts.card} aria-labelledby="alerts">
      <div className={parts.cardHead}>
        <h2 id="alerts">{d("alerts")}</h2>
        {asked.answer && (
          <small className={parts.note}>
            {d("tested", { tested: count(Number(asked.answer.totals.tested)) })}
          </small>
        )}
      </div>
      {asked.failed && !asked.answer && <p role="alert">{`${d("alertsFailed")}: ${why(asked.failed)}`}</p>}
      {asked.answer && !rows.length && <p className={parts.note}>{asked.answer.caption || d("noAlerts")}</p>}
      <ul className={css.alerts}>
        {rows.map((row) => {
          const to = row.figure === "next_step" ? String(row.to) : undefined
          return (
            <li key={`${row.figure} ${row.from} ${row.to}`}>
              <Link
                to="/map"
                search={
                  {
                    ...onMap(shows),
                    focus: String(row.from),
                    next: to && !["END", "OPEN"].includes(to) ? to : undefined,
                  } as never
                }
                title={d("onMap")}
              >
                <strong dir="auto">{String(row.what)}</strong>
                <span className="num">
                  {String(row.told_before)} → {Number(row.change) > 0 ? "▲" : "▼"} {String(row.told_now)}
                </span>
                <small>{d("since", { day: date(String(row.since)) })}</small>
              </Link>
              <small>
                <Customers
                  value={Number(row.customers)}
                  row={{
                    of: "drift",
                    table: "alerts",
                    figure: row.figure ?? "",
                    from: row.from ?? "",
                    to: row.to ?? "",
                  }}
                  of={String(row.what)}
                />{" "}
                {d("nowCustomers")}
              </small>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
