/** The page's own words in the address, and how to change some of them. Everything a page shows can be sent as a link. */
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useCallback } from "react"
import type { Search } from "./router"

export type Change = Record<string, string | undefined>

/** `[words, change]`. A change keeps the other words; undefined takes one away. `replace` for what Back should skip. */
export function useWords(): [Search, (change: Change, how?: { replace?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const change = useCallback(
    (words: Change, how: { replace?: boolean } = {}) => {
      void navigate({
        to: ".",
        search: ((before: Search) => ({ ...before, ...words })) as never,
        replace: how.replace ?? false,
        resetScroll: false,
      })
    },
    [navigate],
  )
  return [search, change]
}
