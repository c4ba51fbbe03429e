/** How the studio asks: a failed read is tried again unless the hub said that it is no use. It notices here when the hub
 * does not answer any more, when it does again, and when a session is over. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query"
import { useSyncExternalStore } from "react"
import { Refused } from "./client"

let away = false
const listeners = new Set<() => void>()

/** Whether the last question found no hub. */
export function useAway(): boolean {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told)
      return () => listeners.delete(told)
    },
    () => away,
  )
}

function answered(error?: unknown): void {
  const gone = error instanceof Refused && error.status === 0
  if (gone === away) return
  away = gone
  for (const told of listeners) told()
  if (!away) void queries.invalidateQueries()
}

const failed = (error: unknown) => {
  answered(error)
  if (error instanceof Refused && error.status === 401)
    void queries.invalidateQueries({ queryKey: ["session"] })
}

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: failed, onSuccess: () => answered() }),
  mutationCache: new MutationCache({ onError: failed, onSuccess: () => answered() }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      networkMode: "always",
      retryDelay: (failures) => 400 * 2 ** failures,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof Refused && error.status >= 400 && error.status < 500),
    },
    mutations: { networkMode: "always" },
  },
})
