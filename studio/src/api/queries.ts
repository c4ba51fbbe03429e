/** How the studio asks: a failed read is tried again unless the hub said that it is no use. */
import { QueryClient } from "@tanstack/react-query"
import { Refused } from "./client"

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof Refused && error.status >= 400 && error.status < 500),
    },
  },
})
