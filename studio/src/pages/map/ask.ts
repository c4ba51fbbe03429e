/** What the page asks the hub. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query"
import { api, told } from "@/api/client"
import { dayAfter, periodOf } from "@/text/days"
import type { Shows } from "./address"
import { askedOf } from "./compare"

/** How often a map that is looked at is counted again. */
const AGAIN = 60_000

export interface Question {
  level: "touchpoint" | "group" | "channel" | "stage"
  from: string
  to: string
  segment: string
  journey: Shows["journey"]
  collapse: boolean
  open: readonly string[]
  compare: string
}

export const unfiltered = ({ from, to, segment, compare }: Question): boolean =>
  !from && !to && !segment && !compare

export const mapOf = (question: Question) =>
  queryOptions({
    queryKey: ["map", question],
    queryFn: ({ signal }) =>
      told(api.GET("/api/journeys/map", { params: { query: queryOf(question) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  })

/** The whole map everything is laid out on: asked for once. */
export const baseOf = (question: Question) =>
  queryOptions({
    queryKey: ["map", "base", question],
    queryFn: ({ signal }) =>
      told(api.GET("/api/journeys/map", { params: { query: queryOf(question) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 600_000,
  })

function queryOf({ level, from, to, segment, journey, collapse, open, compare }: Question) {
  return {
    level,
    journey,
    ...periodOf({ from, to }),
    ...(segment && { segment }),
    ...(collapse && { collapse }),
    ...(open.length && { open: [...open] }),
    ...(compare && { compare: askedOf(compare, { from, to }) }),
  }
}

/** Single moves of a day, for a replay. */
export const movesOf = (day: string, segment: string) =>
  queryOptions({
    queryKey: ["moves", day, segment],
    queryFn: ({ signal }) =>
      told(
        api.GET("/api/journeys/moves", {
          params: { query: { from: day, to: dayAfter(day), limit: 4_000, ...(segment && { segment }) } },
          signal,
        }),
      ),
    staleTime: 60_000,
  })
