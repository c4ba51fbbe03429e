/** A pattern of the hub ("web: Basket", "stage:buy", "event:Order*", "a | b") -> how people read it. */
import { useQuery } from "@tanstack/react-query"
import { useMemo } from "react"
import { asked } from "@/api/analyses"
import { api, type Schemas, told } from "@/api/client"
import { channel, touchpointLabel } from "@/parts/channel"

const KINDS = ["stage", "group", "channel", "event", "source", "touchpoint"]

export interface Told {
  label: string
  /** What stands before the colon of a pattern; "" of a touchpoint. */
  kind: string
  /** "" when it is of several, or none. */
  channel: string
}

export interface Place {
  pattern: string
  label: string
  channel: string
  customers: number | null
}

export interface Places {
  touchpoints: readonly Place[]
  stages: readonly Place[]
  groups: readonly Place[]
  channels: readonly Place[]
  events: readonly Place[]
  /** Some of the lists are not there yet. */
  loading: boolean
}

type Use = Schemas["TouchpointUse"]

const used = {
  queryKey: ["touchpoints", "patterns"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    told(api.GET("/api/touchpoints", { params: { query: { limit: 500 } }, signal })),
  staleTime: 30_000,
}
const documents = {
  queryKey: ["documents", "stage"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    told(api.GET("/api/journeys/map", { params: { query: { level: "stage" } }, signal })),
  staleTime: 60_000,
}

/** What a step can be, those of most customers first. Events are only asked for when `wanted`. */
export function usePlaces(wanted = false): Places {
  const seen = useQuery(used)
  const staged = useQuery(documents)
  const named = useQuery({ ...asked("kpis", { level: "event" }), enabled: wanted, refetchInterval: false })
  const loading = seen.isPending || staged.isPending || (wanted && named.isPending)
  return useMemo(() => {
    const rows = seen.data?.data ?? []
    const stages = (staged.data?.stages ?? []).filter(({ stage }) => stage !== "(none)")
    return {
      touchpoints: rows.map(({ touchpoint, channel: of, customers }) => ({
        pattern: touchpoint,
        label: touchpointLabel(touchpoint),
        channel: of,
        customers,
      })),
      stages: stages.map(({ stage, label, customers }) => ({
        pattern: `stage:${stage}`,
        label,
        channel: "",
        customers,
      })),
      groups: distinct(rows, "group"),
      channels: distinct(rows, "channel"),
      events: (named.data?.tables.touchpoints?.rows ?? []).map((row) => ({
        pattern: `event:${row.id}`,
        label: String(row.label),
        channel: String(row.channel ?? ""),
        customers: Number(row.customers),
      })),
      loading,
    }
  }, [seen.data, staged.data, named.data, loading])
}

function distinct(rows: readonly Use[], kind: "group" | "channel"): Place[] {
  return [...new Set(rows.map((row) => row[kind]).filter(Boolean))].map((name) => ({
    pattern: `${kind}:${name}`,
    label: kind === "channel" ? channel(name).label : name,
    channel: kind === "channel" ? name : "",
    customers: null,
  }))
}

/** How a pattern is read. A stage is called by its name when that is known. */
export function toldOf(pattern: string, places?: Places): Told {
  if (pattern.includes(" | ")) {
    const several = pattern.split(" | ").map((one) => toldOf(one.trim(), places))
    const channels = new Set(several.map((one) => one.channel))
    const same = channels.size === 1 ? (several[0]?.channel ?? "") : ""
    return { label: several.map((one) => one.label).join(" or "), kind: "", channel: same }
  }
  const at = pattern.indexOf(":")
  const kind = pattern.slice(0, at)
  const rest = pattern.slice(at + 1).trim()
  if (at > 0 && KINDS.includes(kind) && kind !== "touchpoint") {
    const found = kind === "stage" && places?.stages.find((one) => one.pattern === `stage:${rest}`)
    const label = kind === "channel" ? channel(rest).label : found ? found.label : rest
    return { label, kind, channel: kind === "channel" ? rest : "" }
  }
  const touchpoint = kind === "touchpoint" ? rest : pattern
  const of = places?.touchpoints.find((one) => one.pattern === touchpoint)?.channel
  const head = touchpoint.split(": ")[0] ?? ""
  return {
    label: touchpointLabel(touchpoint),
    kind: "",
    channel: of ?? (head !== touchpoint && head.length < 20 ? head : ""),
  }
}
