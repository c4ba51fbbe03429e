/** What the touchpoints page asks the hub. */
import { queryOptions, useQuery } from "@tanstack/react-query"
import { useEffect, useMemo, useRef } from "react"
import { api, type Schemas, told } from "@/api/client"
import { justPublished } from "@/api/documents"
import { queries } from "@/api/queries"
import { channel } from "@/parts/channel"
import { type Row, rowsOf, type Use } from "./model"

export interface Stage {
  id: string
  name: string
  /** What else its document says. */
  body: Record<string, unknown>
}

/** In force while nobody has published a stage. */
const DEFAULT_STAGES = ["Discover", "Consider", "Buy", "Use", "Get help", "Leave"].map((name): Stage => {
  const id = name.toLowerCase().replace(" ", "_")
  return { id, name, body: { id, name } }
})

const uses = queryOptions({
  queryKey: ["touchpoints", "all"],
  queryFn: async ({ signal }): Promise<Use[]> => {
    const found: Use[] = []
    let cursor = ""
    do {
      const page = await told(
        api.GET("/api/touchpoints", { params: { query: { cursor, limit: 500 } }, signal }),
      )
      found.push(...page.data)
      cursor = page.next_cursor ?? ""
    } while (cursor)
    return found
  },
  refetchInterval: 30_000,
})

const documents = (kind: string) =>
  queryOptions({
    queryKey: ["config", kind],
    queryFn: ({ signal }) =>
      told(api.GET("/api/config/{kind}", { params: { path: { kind } }, signal })).then((page) => page.data),
  })

/** How people felt at each touchpoint: the map counts it. */
const felt = queryOptions({
  queryKey: ["map", "felt"],
  queryFn: async ({ signal }) => {
    const map = await told(
      api.GET("/api/journeys/map", { params: { query: { level: "touchpoint" } }, signal }),
    )
    return new Map(map.nodes.map(({ id, emotion, emotion_n }) => [id, { emotion, emotion_n }]))
  },
  staleTime: 60_000,
})

export interface Catalogue {
  rows: Row[]
  entries: Map<string, Schemas["Entry"]>
  stages: Stage[]
  channels: string[]
  groups: string[]
  sources: string[]
}

/** Everything the page shows; undefined until it is there. */
export function useCatalogue(): {
  data: Catalogue | undefined
  error: unknown
  again: () => void
} {
  const used = useQuery(uses)
  const entries = useQuery(documents("touchpoint"))
  const stages = useQuery(documents("stage"))
  const sources = useQuery(documents("source"))
  const feelings = useQuery(felt)
  const data = useMemo((): Catalogue | undefined => {
    if (!used.data || !entries.data || !stages.data) return undefined
    const rows = rowsOf(used.data, entries.data, feelings.data)
    const among = (values: readonly string[]) =>
      [...new Set(values)].filter(Boolean).sort((a, b) => channel(a).label.localeCompare(channel(b).label))
    return {
      rows,
      entries: new Map(entries.data.map((one) => [one.id, one])),
      stages: stagesOf(stages.data),
      channels: among(rows.map((row) => row.channel)),
      groups: [...new Set(rows.map((row) => row.group))].filter(Boolean).sort(),
      sources: (sources.data ?? []).map((one) => one.id),
    }
  }, [used.data, entries.data, stages.data, sources.data, feelings.data])
  return {
    data,
    error: used.error ?? entries.error ?? stages.error,
    again: () => {
      void used.refetch()
      void entries.refetch()
      void stages.refetch()
    },
  }
}

export function stagesOf(entries: readonly Schemas["Entry"][]): Stage[] {
  const published = entries.filter((one) => one.published)
  if (!published.length) return DEFAULT_STAGES
  const order = (one: Schemas["Entry"]) => (typeof one.body.order === "number" ? one.body.order : 0)
  return [...published]
    .sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : 1))
    .map(({ id, body }) => ({ id, name: typeof body.name === "string" && body.name ? body.name : id, body }))
}

/** The relabeling that goes on now, if any. When it ends, names and numbers are asked anew. */
export function useRelabeling(): Schemas["Job"] | undefined {
  const jobs = useQuery({
    queryKey: ["relabel"],
    queryFn: ({ signal }) => told(api.GET("/api/jobs", { signal })).then((page) => page.data),
    refetchInterval: (query) => (query.state.data?.some(going) || justPublished(15) ? 700 : 15_000),
  })
  const job = jobs.data?.find(going)
  const ended = jobs.data?.find((one) => one.name === "relabel")?.ended
  const before = useRef(ended)
  useEffect(() => {
    if (ended && ended !== before.current) {
      void queries.invalidateQueries({ queryKey: ["touchpoints"] })
      void queries.invalidateQueries({ queryKey: ["map"] })
    }
    before.current = ended
  }, [ended])
  return job
}

const going = (job: Schemas["Job"]) => job.name === "relabel" && !job.ended
