/** Paths as a list: whole ways from the first step to the last, the most frequent first. */
import { ChevronRight } from "lucide-react"
import type { Answer } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { usePlaces } from "@/pages/understand/places"
import { u } from "@/pages/understand/text"
import { Button } from "@/parts/Button"
import { ChannelDot } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count, duration, share } from "@/text/format"
import { backward, type Shows } from "./address"
import { variantsOf } from "./model"
import css from "./paths.module.css"
import { p } from "./text"

const MORE = 5

export function List({
  answer,
  shows,
  set,
}: {
  answer: Answer
  shows: Shows
  set: (change: Partial<Shows>) => void
}) {
  const places = usePlaces()
  const rows = variantsOf(answer, shows.level, places)
  const { walks, covered } = answer.totals
  const most = rows[0]?.share || 1
  const every = Number(covered) >= Number(walks)
  return (
    <div className={css.list}>
      <Table>
        <thead>
          <tr>
            <th scope="col">{p("way")}</th>
            <th scope="col" className={parts.right}>
              {p("share")}
            </th>
            <th scope="col" className={parts.right}>
              {u("who")}
            </th>
            <th scope="col" className={parts.right}>
              {p("together")}
            </th>
            <th scope="col" className={parts.right}>
              {p("medianTime")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <td>
                <ol className={css.way} data-back={backward(shows) || undefined}>
                  {row.names.map(({ id, label, channel }, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a place may come twice
                    <li key={at} data-kind={id === label ? undefined : id}>
                      {at > 0 && <ChevronRight size={12} aria-hidden="true" />}
                      {channel && <ChannelDot id={channel} size={8} />}
                      <span dir="auto">{label}</span>
                    </li>
                  ))}
                </ol>
                <i
                  className={css.weight}
                  style={{ width: `${(row.share / most) * 100}%` }}
                  aria-hidden="true"
                />
              </td>
              <td className={parts.right}>{share(row.share, 1)}</td>
              <td className={parts.right}>
                <Customers
                  value={row.customers}
                  row={{ table: "variants", path: row.path }}
                  of={row.names.map(({ label }) => label).join(" → ")}
                />
              </td>
              <td className={parts.right}>{share(row.together, 1)}</td>
              <td className={parts.right}>{duration(row.median)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css.foot}>
        {p("ofShown", {
          shown: count(rows.length),
          covered: count(Number(covered)),
          all: count(Number(walks)),
        })}
        {!every && (
          <Button small onClick={() => set({ variants: rows.length * MORE })}>
            {p("more")}
          </Button>
        )}
      </p>
    </div>
  )
}
