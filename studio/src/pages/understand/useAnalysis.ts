/** An analysis and what the page asks -> its answer, how old it is, and whose customers are listed beside it. */
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useCallback, useMemo } from "react"
import { type Answer, asked, type Body, type Row } from "@/api/analyses"
import { useWords } from "@/app/search"
import { rowOf, wordOfRow } from "./row"

export interface Asked {
  name: string
  body: Body
  answer: Answer | undefined
  pending: boolean
  /** What is shown answers an earlier question. */
  dimmed: boolean
  failed: Error | null
  again: () => void
  /** Stop waiting for it. */
  cancel: () => void
  updatedAt: number
}

/** `null` asks nothing. */
export function useAnalysis(name: string, body: Body | null): Asked {
  const client = useQueryClient()
  const question = asked(name, body ?? {})
  const told = useQuery({ ...question, enabled: body !== null })
  const { queryKey } = question
  return {
    name,
    body: body ?? {},
    answer: body ? told.data : undefined,
    pending: body !== null && told.isPending && !told.error && told.fetchStatus !== "idle",
    dimmed: told.isPlaceholderData,
    failed: told.error,
    again: () => void told.refetch(),
    cancel: () => void client.cancelQueries({ queryKey }),
    updatedAt: told.dataUpdatedAt,
  }
}

/** The row whose customers are listed, and how to list those of another. It is a word of the address: Back closes it. */
export function useWho(): [Row | null, (row: Row | null) => void] {
  const [words, change] = useWords()
  const row = useMemo(() => rowOf(words.who), [words.who])
  const show = useCallback((to: Row | null) => change({ who: to ? wordOfRow(to) : undefined }), [change])
  return [row, show]
}
