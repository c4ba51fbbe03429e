/** A question to the hub -> what is shown while it is open, when it failed, and when nothing came of it. */
import type { ReactNode } from "react"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { Empty, Failed, Loading } from "@/parts/States"
import { Table } from "@/parts/Table"
import css from "./admin.module.css"
import { text } from "./text"

interface Question {
  isPending: boolean
  error: unknown
  data?: unknown
  refetch: () => unknown
}

export function Asked({ asked, what, children }: { asked: Question; what: string; children: ReactNode }) {
  if (asked.isPending) return <Loading lines={10} what={what} />
  if (asked.error && asked.data === undefined)
    return <Failed error={asked.error} retry={() => void asked.refetch()} />
  return children
}

/** A table of what was asked for; what it means that nothing is there; more of it when there is more. */
export function Listed<T>(props: {
  asked: Question & Partial<Paged>
  what: string
  rows: readonly T[]
  empty: { title: string; body: string }
  caption: string
  columns: readonly string[]
  /** Columns of numbers. */
  right?: readonly string[]
  /** What can be done with a row: heads a column nobody needs to see. */
  action?: string
  row: (one: T) => ReactNode
  note?: string
}) {
  const { asked, rows } = props
  return (
    <Asked asked={asked} what={props.what}>
      {rows.length === 0 ? (
        <Empty title={props.empty.title}>{props.empty.body}</Empty>
      ) : (
        <div className={css.wraps}>
          <Table>
            <caption className="sr-only">{props.caption}</caption>
            <thead>
              <tr>
                {props.columns.map((name) => (
                  <th
                    key={name}
                    scope="col"
                    className={props.right?.includes(name) ? parts.right : undefined}
                  >
                    {name}
                  </th>
                ))}
                {props.action && (
                  <th scope="col">
                    <span className="sr-only">{props.action}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>{rows.map(props.row)}</tbody>
          </Table>
          {props.note && <p className={css.note}>{props.note}</p>}
          <More asked={asked} />
        </div>
      )}
    </Asked>
  )
}

interface Paged {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

export function More({ asked }: { asked: Partial<Paged> }) {
  if (!asked.hasNextPage) return null
  return (
    <div className={css.foot}>
      <Button onClick={() => void asked.fetchNextPage?.()} disabled={asked.isFetchingNextPage}>
        {text.more}
      </Button>
    </div>
  )
}
