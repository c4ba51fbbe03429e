/** An answer as its tables: for screen readers, for print, and for who wants the numbers. */
import { useState } from "react"
import type { Answer, Column, Row, Table as Told, Value } from "@/api/analyses"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count, duration, share, signed } from "@/text/format"
import { Customers } from "./Number"
import { u } from "./text"
import css from "./understand.module.css"

/** Which row of people a number of a table stands for; null when it is none. */
export type Behind = (table: string, row: Row, column: Column) => Row | null

export function AnswerTables({ answer, behind }: { answer: Answer; behind?: Behind }) {
  return (
    <div className={css.tables} aria-label={u("numbers")} role="region" tabIndex={-1}>
      {Object.entries(answer.tables)
        .filter(([, table]) => table.columns.length > 0)
        .map(([name, table]) => (
          <One key={name} name={name} table={table} behind={behind} />
        ))}
    </div>
  )
}

/** Rows of a table that are drawn at once. */
const ROWS = 200

function One({ name, table, behind }: { name: string; table: Told; behind: Behind | undefined }) {
  const [shown, show] = useState(ROWS)
  const more = table.rows.length - shown
  return (
    <section>
      <Table>
        <caption>
          {table.title || name}
          {table.note && <small>{table.note}</small>}
        </caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column.name} scope="col" className={column.kind === "text" ? undefined : parts.right}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, shown).map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no id of their own and never move
            <tr key={at}>
              {table.columns.map((column) => (
                <Cell key={column.name} row={row} column={column} who={behind?.(name, row, column)} />
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      {more > 0 && (
        <Button small look="quiet" className={css.rest} onClick={() => show(shown + ROWS)}>
          {u("moreRows", { count: count(more) })}
        </Button>
      )}
    </section>
  )
}

function Cell({ row, column, who }: { row: Row; column: Column; who: Row | null | undefined }) {
  const value = row[column.name] ?? null
  if (column.kind === "text")
    return (
      <td className={css.named} title={String(value ?? "")} dir="auto">
        {shown(value, column.kind)}
      </td>
    )
  return (
    <td className={parts.right}>
      {who && typeof value === "number" ? (
        <Customers value={value} row={who} of={column.title} />
      ) : (
        shown(value, column.kind)
      )}
    </td>
  )
}

/** A value the way its column is read. */
export function shown(value: Value | undefined, kind: string): string {
  if (value === null || value === undefined) return "–"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "string") return value
  if (kind === "share") return share(value, 1)
  if (kind === "points") return signed(value * 100, 1)
  if (kind === "seconds") return duration(value)
  return kind === "score" ? value.toFixed(2) : count(value)
}
