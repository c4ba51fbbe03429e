/** What the customers' pages ask the hub. Everything is filed under "customers", so that one change renews all of it. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import { api, type Schemas, told } from "@/api/client"
import { queries } from "@/api/queries"
import { type Days, periodOf } from "@/text/days"

export type Happening = Schemas["Happening"]
export type Identity = Schemas["Identity"]
export type Link = Schemas["Link"]
export type Merged = Schemas["Merged"]
export type Said = Schemas["Said"]

/** Newest events the ribbon is drawn from. */
export const RIBBON = 200
const PAGE = 50

export const customers = (q: string, segment: string, touchpoint: string, days: Days) =>
  infiniteQueryOptions({
    queryKey: ["customers", "list", q, segment, touchpoint, days],
    queryFn: ({ pageParam, signal }) =>
      told(
        api.GET("/api/profiles", {
          params: {
            query: {
              q,
              segment,
              touchpoint,
              ...(touchpoint && periodOf(days)),
              cursor: pageParam,
              limit: PAGE,
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })

export const segments = queryOptions({
  queryKey: ["customers", "segments"],
  queryFn: ({ signal }) => told(api.GET("/api/segments", { params: { query: { count: true } }, signal })),
  staleTime: 30_000,
})

export const customer = (ref: string) =>
  queryOptions({
    queryKey: ["customers", "one", ref],
    queryFn: ({ signal }) => told(api.GET("/api/profiles/{ref}", { params: { path: { ref } }, signal })),
  })

export const identity = (ref: string, asOf: string) =>
  queryOptions({
    queryKey: ["customers", "identity", ref, asOf],
    queryFn: ({ signal }) =>
      told(
        api.GET("/api/profiles/{ref}/identity", {
          params: { path: { ref }, query: asOf ? { as_of: asOf } : {} },
          signal,
        }),
      ),
  })

/** The newest events, for the ribbon. */
export const lately = (ref: string) =>
  queryOptions({
    queryKey: ["customers", "lately", ref],
    queryFn: ({ signal }) =>
      told(
        api.GET("/api/profiles/{ref}/timeline", {
          params: { path: { ref }, query: { limit: RIBBON } },
          signal,
        }),
      ),
  })

export interface Filters {
  channel: string
  touchpoint: string
  type: string
  from: string
  to: string
}

export const timeline = (ref: string, filters: Filters) =>
  infiniteQueryOptions({
    queryKey: ["customers", "timeline", ref, filters],
    queryFn: ({ pageParam, signal }) =>
      told(
        api.GET("/api/profiles/{ref}/timeline", {
          params: { path: { ref }, query: { ...filters, cursor: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })

export const merge = (ref: string, other: string, reason: string, preview: boolean) =>
  told(
    api.POST("/api/profiles/{ref}/merge", {
      params: { path: { ref } },
      body: { with: other, reason, preview },
    }),
  )

export const unmerge = (ref: string, from: string, reason: string, preview: boolean) =>
  told(
    api.POST("/api/profiles/{ref}/unmerge", {
      params: { path: { ref } },
      body: { from, reason, preview },
    }),
  )

/** Take back what was decided by hand, by the name of its evidence; `how`: operator (a merge), cut (a parting), release. */
export const takeBack = (ref: string, said: Said, preview: boolean) =>
  told(
    api.POST("/api/profiles/{ref}/take-back", {
      params: { path: { ref } },
      body: { a: said.a, b: said.b, how: said.how, preview },
    }),
  )

export const erase = (ref: string, reason: string) =>
  told(api.DELETE("/api/profiles/{ref}", { params: { path: { ref }, query: { reason } } }))

export const exported = (ref: string) =>
  told(api.GET("/api/profiles/{ref}/export", { params: { path: { ref } } }))

/** Who is who has changed: ask everything about customers again. */
export async function renewed(): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["customers"] }),
    queries.invalidateQueries({ queryKey: ["profiles"] }),
  ])
}

/** Nothing of an erased customer stays in this browser. */
export function forgotten(): void {
  queries.removeQueries({ queryKey: ["customers"] })
  queries.removeQueries({ queryKey: ["profiles"] })
}

/** Let a quarantined identifier recognize customers again. */
export const release = (id: string, reason: string, preview: boolean) =>
  told(
    api.POST("/api/identifiers/{ref}/release", { params: { path: { ref: id } }, body: { reason, preview } }),
  )
