/** What the segments page asks the hub. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { api, type Schemas, told } from "@/api/client"
import type { Rule } from "./rule"

export type Tried = Schemas["TriedRule"]
export type Entry = Schemas["Entry"]

export const entries = queryOptions({
  queryKey: ["config", "segment"],
  queryFn: ({ signal }) =>
    told(api.GET("/api/config/{kind}", { params: { path: { kind: "segment" } }, signal })).then(
      (page) => page.data,
    ),
})

/** The segments in force with their customers; counted anew now and then, since customers come and go. */
export const counted = queryOptions({
  queryKey: ["segments", "counted"],
  queryFn: ({ signal }) =>
    told(api.GET("/api/segments", { params: { query: { count: true } }, signal })).then((page) => page.data),
  refetchInterval: 10_000,
})

export const words = queryOptions({
  queryKey: ["segments", "words"],
  queryFn: ({ signal }) => told(api.GET("/api/segments/words", { signal })),
  staleTime: 120_000,
})

export const stages = queryOptions({
  queryKey: ["segments", "stages"],
  queryFn: ({ signal }) =>
    told(api.GET("/api/journeys/map", { params: { query: { level: "stage" } }, signal })).then((map) =>
      map.stages.filter(({ stage }) => stage !== "(none)").map(({ stage, label }) => ({ id: stage, label })),
    ),
  staleTime: 120_000,
})

const PAUSE = 220

/** How many a rule fits, a moment after it was changed last. */
export function useTried(
  rule: Rule,
  id: string,
): { tried: Tried | undefined; busy: boolean; error: unknown; again: () => void } {
  const text = JSON.stringify(rule)
  const [asked, ask] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => ask(text), PAUSE)
    return () => clearTimeout(timer)
  }, [text])
  const found = useQuery({
    queryKey: ["segments", "tried", id, asked],
    queryFn: ({ signal }) =>
      told(
        api.POST("/api/segments/try", {
          body: { rule: JSON.parse(asked) as Record<string, unknown>, id, limit: 10_000 },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })
  const busy = asked !== text || found.isPlaceholderData || found.isPending
  return { tried: found.data, busy, error: found.error, again: () => void found.refetch() }
}

export const overlap = (a: string, b: string) =>
  queryOptions({
    queryKey: ["segments", "overlap", a, b],
    queryFn: ({ signal }) => told(api.GET("/api/segments/overlap", { params: { query: { a, b } }, signal })),
    enabled: Boolean(a && b),
    refetchInterval: 15_000,
  })

export const warningsOf = (id: string, name: string, rule: Rule) =>
  queryOptions({
    queryKey: ["segments", "check", id, name, rule],
    queryFn: ({ signal }) =>
      told(
        api.POST("/api/config/{kind}/check", {
          params: { path: { kind: "segment" } },
          body: { id, name, rule },
          signal,
        }),
      ),
  })
