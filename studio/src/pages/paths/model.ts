/** An answer's tables -> the flow, the tree and the whole ways as they are drawn, with names and channels. */
import type { Answer, Row } from "@/api/analyses"
import { type Places, toldOf } from "@/pages/understand/places"
import type { Level } from "@/pages/understand/scope"
import { p } from "./text"

export type Kind = "node" | "start" | "before" | "end" | "open" | "other" | "more" | "anchor"

export interface Name {
  label: string
  channel: string
}

export interface FlowNode extends Name {
  step: number
  id: string
  kind: Kind
  customers: number
  walks: number
  share: number
}

export interface FlowLink {
  step: number
  from: string
  to: string
  customers: number
  walks: number
}

export interface Branch extends Name {
  number: number
  parent: number | null
  step: number
  id: string
  kind: Kind
  path: string
  customers: number
  walks: number
  share: number
  ofParent: number | null
  median: number | null
}

export interface Variant {
  path: string
  names: readonly (Name & { id: string })[]
  customers: number
  share: number
  together: number
  median: number | null
}

export const APART = " > "
const OWN: Readonly<Record<string, () => string>> = {
  START: () => p("begins"),
  BEFORE: () => p("beganBefore"),
  END: () => p("left"),
  OPEN: () => p("stillOpen"),
  OTHER: () => p("other"),
  MORE: () => p("goesOn"),
}
const number = (row: Row, name: string): number => Number(row[name] ?? 0)
const time = (row: Row): number | null => (typeof row.median_seconds === "number" ? row.median_seconds : null)

/** What a node is called, and its channel; "" when it has none or several. */
export function nameOf(id: string, label: string, level: Level, places: Places): Name {
  const own = OWN[id]
  if (own) return { label: own(), channel: "" }
  if (level === "stage" || level === "event") return { label: label || id, channel: "" }
  if (level === "channel") return toldOf(`channel:${id}`, places)
  const told = toldOf(id, places)
  return { label: label || told.label, channel: told.channel }
}

export function flowOf(
  answer: Answer,
  level: Level,
  places: Places,
): { nodes: FlowNode[]; links: FlowLink[] } {
  const rows = (table: string) => answer.tables[table]?.rows ?? []
  return {
    nodes: rows("nodes").map((row) => ({
      ...nameOf(String(row.node), String(row.label ?? ""), level, places),
      step: number(row, "step"),
      id: String(row.node),
      kind: row.kind as Kind,
      customers: number(row, "customers"),
      walks: number(row, "walks"),
      share: number(row, "share"),
    })),
    links: rows("links").map((row) => ({
      step: number(row, "step"),
      from: String(row.from),
      to: String(row.to),
      customers: number(row, "customers"),
      walks: number(row, "walks"),
    })),
  }
}

export function treeOf(answer: Answer, level: Level, places: Places): Branch[] {
  return (answer.tables.tree?.rows ?? []).map((row) => ({
    ...nameOf(String(row.node), String(row.label ?? ""), level, places),
    number: number(row, "id"),
    parent: typeof row.parent === "number" ? row.parent : null,
    step: number(row, "step"),
    id: String(row.node),
    kind: row.kind as Kind,
    path: String(row.path ?? ""),
    customers: number(row, "customers"),
    walks: number(row, "walks"),
    share: number(row, "share"),
    ofParent: typeof row.share_of_parent === "number" ? row.share_of_parent : null,
    median: time(row),
  }))
}

export function variantsOf(answer: Answer, level: Level, places: Places): Variant[] {
  return (answer.tables.variants?.rows ?? []).map((row) => ({
    path: String(row.path ?? ""),
    names: String(row.path ?? "")
      .split(APART)
      .map((id) => ({ id, ...nameOf(id, "", level, places) })),
    customers: number(row, "customers"),
    share: number(row, "share"),
    together: number(row, "coverage"),
    median: time(row),
  }))
}
