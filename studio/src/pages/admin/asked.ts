/** What the admin pages ask the hub, and how what was done shows. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query"
import { api, type Schemas, told } from "@/api/client"
import { queries } from "@/api/queries"

export type Key = Awaited<ReturnType<typeof askKeys>>["data"][number]
export type Letter = Awaited<ReturnType<typeof askLetters>>["data"][number]
export type Job = Awaited<ReturnType<typeof askJobs>>["data"][number]
export type Entry = Awaited<ReturnType<typeof askSources>>["data"][number]
export type Receipt = Awaited<ReturnType<typeof askErasures>>["data"][number]
export type Held = Awaited<ReturnType<typeof askHeld>>["data"][number]
export type LetterState = "open" | "replayed" | "discarded"
export type { Schemas }

export interface Sieve {
  state: LetterState
  source: string
  reason: string
}

const PAGE = 50

const askKeys = (signal?: AbortSignal) => told(api.GET("/api/keys", { signal }))
export const keys = queryOptions({ queryKey: ["keys"], queryFn: ({ signal }) => askKeys(signal) })

const askSources = (signal?: AbortSignal) =>
  told(api.GET("/api/config/{kind}", { params: { path: { kind: "source" } }, signal }))
export const sources = queryOptions({
  queryKey: ["config", "source"],
  queryFn: ({ signal }) => askSources(signal),
})

const askJobs = (signal?: AbortSignal) => told(api.GET("/api/jobs", { signal }))
export const jobs = queryOptions({ queryKey: ["jobs", "admin"], queryFn: ({ signal }) => askJobs(signal) })

const askLetters = ({ state, source, reason }: Sieve, cursor: string, signal?: AbortSignal) =>
  told(
    api.GET("/api/dead-letter", {
      params: { query: { state, source, reason, cursor, limit: PAGE } },
      signal,
    }),
  )
export const letters = (sieve: Sieve) =>
  infiniteQueryOptions({
    queryKey: ["dead-letter", "list", sieve],
    queryFn: ({ pageParam, signal }) => askLetters(sieve, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || undefined,
    placeholderData: (before) => before,
  })

export const letterCounts = (state: LetterState) =>
  queryOptions({
    queryKey: ["dead-letter", "counts", state],
    queryFn: ({ signal }) =>
      told(api.GET("/api/dead-letter/counts", { params: { query: { state } }, signal })),
  })

const askErasures = (cursor: string, signal?: AbortSignal) =>
  told(api.GET("/api/erasures", { params: { query: { cursor, limit: PAGE } }, signal }))
export const erasures = infiniteQueryOptions({
  queryKey: ["erasures"],
  queryFn: ({ pageParam, signal }) => askErasures(pageParam, signal),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor || undefined,
})

const askHeld = (cursor: string, signal?: AbortSignal) =>
  told(api.GET("/api/quarantine", { params: { query: { cursor, limit: PAGE } }, signal }))
export const held = infiniteQueryOptions({
  queryKey: ["quarantine"],
  queryFn: ({ pageParam, signal }) => askHeld(pageParam, signal),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor || undefined,
})

/** Ask again for everything whose key begins so. */
export function refresh(...of: string[]): void {
  for (const one of of) void queries.invalidateQueries({ queryKey: [one] })
}
