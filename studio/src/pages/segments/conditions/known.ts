/** What the hub knows to choose from: words of its events and customers, stages, segments. */
import { useQuery } from "@tanstack/react-query"
import type { Schemas } from "@/api/client"
import { counted, stages, words } from "../asked"

export interface Known {
  words: Schemas["RuleWords"] | undefined
  stages: readonly { id: string; label: string }[]
  segments: readonly { id: string; name: string }[]
}

export function useKnown(): Known {
  return {
    words: useQuery(words).data,
    stages: useQuery(stages).data ?? [],
    segments: useQuery(counted).data ?? [],
  }
}
