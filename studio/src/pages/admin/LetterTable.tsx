/** Letters as a table: each opens beside it; open ones can be ticked. */
import { useWords } from "@/app/search"
import { Moment } from "@/parts/Moment"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import css from "./admin.module.css"
import type { Letter } from "./asked"
import { text } from "./text"

const words = text.letters

export function LetterTable(props: {
  rows: Letter[]
  open: number | undefined
  /** Which are ticked; null where nothing can be done with them. */
  ticked: ReadonlySet<number> | null
  tick: (ticked: ReadonlySet<number>) => void
}) {
  const [, change] = useWords()
  const { rows, ticked } = props
  const every = ticked !== null && rows.every((one) => ticked.has(one.id))
  const turn = (id: number) => {
    const next = new Set(ticked)
    if (!next.delete(id)) next.add(id)
    props.tick(next)
  }
  return (
    <Table className={`${ticked ? css.under : ""}`}>
      <caption className="sr-only">{words.caption}</caption>
      <thead>
        <tr>
          {ticked && (
            <th scope="col" className={css.tick}>
              <input
                type="checkbox"
                className={css.check}
                aria-label={words.selectAll}
                checked={every}
                onChange={() => props.tick(new Set(every ? [] : rows.map((one) => one.id)))}
              />
            </th>
          )}
          <th scope="col">{words.columns.reason}</th>
          <th scope="col">{words.columns.source}</th>
          <th scope="col" className={parts.right}>
            {words.columns.count}
          </th>
          <th scope="col">{words.columns.last}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.id} className={one.id === props.open ? css.chosen : undefined}>
            {ticked && (
              <td>
                <input
                  type="checkbox"
                  className={css.check}
                  aria-label={filled(words.select, { id: one.id })}
                  checked={ticked.has(one.id)}
                  onChange={() => turn(one.id)}
                />
              </td>
            )}
            <td>
              <button
                type="button"
                className={css.rowlink}
                aria-expanded={one.id === props.open}
                onClick={() => change({ letter: String(one.id) })}
              >
                <span className={css.two}>
                  <span className={css.mono}>{one.reason}</span>
                  <small dir="auto">{short(one.detail)}</small>
                </span>
              </button>
            </td>
            <td>{one.source || text.notYet}</td>
            <td className={parts.right}>{filled(words.times, { count: count(one.count) })}</td>
            <td className={css.narrow}>
              <Moment at={one.last} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const LONGEST = 140

function short(detail: string): string {
  return detail.length > LONGEST ? `${detail.slice(0, LONGEST)}…` : detail
}
