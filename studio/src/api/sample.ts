/** Whether the hub ever heard anything, and what became of its sample data. */
import { queryOptions } from "@tanstack/react-query"
import { api, told } from "./client"

export const sample = queryOptions({
  queryKey: ["sample"],
  queryFn: ({ signal }) => told(api.GET("/api/sample", { signal })),
})
