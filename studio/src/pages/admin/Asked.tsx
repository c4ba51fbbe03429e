/** A question to the hub -> what is shown while it is open, when it failed, and when nothing came of it. */
import type { ReactNode } from "react"
import { Button } from "@/parts/Button"
import { Failed, Loading } from "@/parts/States"
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

interface Paged {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

export function More({ asked }: { asked: Paged }) {
  if (!asked.hasNextPage) return null
  return (
    <div className={css.foot}>
      <Button onClick={() => void asked.fetchNextPage()} disabled={asked.isFetchingNextPage}>
        {text.more}
      </Button>
    </div>
  )
}
