/** The segments in force, by name: for everything that asks about one of them. */
import { queryOptions } from "@tanstack/react-query"
import { api, told } from "./client"

export const segments = queryOptions({
  queryKey: ["segments"],
  queryFn: ({ signal }) => told(api.GET("/api/segments", { params: { query: {} }, signal })),
  staleTime: 60_000,
})
