/** Documents and keys -> the sources there are; a form -> the document of one. */
import type { Entry, Key } from "./asked"

export const LIMITS = {
  event_bytes: 32 * 1024,
  batch_bytes: 500 * 1024,
  unzipped_bytes: 4 * 1024 * 1024,
  batch_events: 5_000,
  depth: 32,
} as const
export type Limit = keyof typeof LIMITS

export interface Source {
  id: string
  name: string
  channel: string
  /** How many of its limits are its own. */
  limits: number
  body: Record<string, unknown>
  /** Whether there is a document of it, in force or drafted. */
  described: boolean
  published: boolean
  drafted: boolean
  keys: Key[]
}

/** Every source that is described or has a write key in use, by id. */
export function gathered(entries: readonly Entry[], keys: readonly Key[]): Source[] {
  const writing = keys.filter((one) => one.kind === "write" && one.revoked === null)
  const ids = new Set([...entries.map((one) => one.id), ...writing.map((one) => one.source)])
  return [...ids].sort().map((id) => {
    const entry = entries.find((one) => one.id === id)
    const body = entry?.body ?? { id }
    return {
      id,
      name: String(body.name ?? ""),
      channel: String(body.channel ?? "web"),
      limits: Object.keys(limitsOf(body)).length,
      body,
      described: entry !== undefined,
      published: (entry?.published ?? 0) > 0,
      drafted: (entry?.draft ?? 0) > (entry?.published ?? 0),
      keys: writing.filter((one) => one.source === id),
    }
  })
}

/** The limits of a document that are other than the usual ones. */
export function limitsOf(body: Record<string, unknown>): Partial<Record<Limit, number>> {
  const told = body.limits
  if (typeof told !== "object" || told === null) return {}
  return Object.fromEntries(Object.entries(told).filter(([name, value]) => LIMITS[name as Limit] !== value))
}

export interface Form {
  id: string
  name: string
  channel: string
  timezone: string
  resolution: string
  limits: Partial<Record<Limit, string>>
}

export function formOf(body: Record<string, unknown>): Form {
  const limits = Object.entries(limitsOf(body)).map(([name, value]) => [name, String(value)])
  return {
    id: String(body.id ?? ""),
    name: String(body.name ?? ""),
    channel: String(body.channel ?? "web"),
    timezone: String(body.timezone ?? "UTC"),
    resolution: String(body.resolution ?? "ms"),
    limits: Object.fromEntries(limits),
  }
}

/** The document a form says. What it does not know stays as it was. */
export function documentOf(form: Form, before: Record<string, unknown>): Record<string, unknown> {
  const limits = Object.entries(form.limits)
    .filter(([, value]) => value.trim() !== "")
    .map(([name, value]) => [name, Number(value)])
  const { limits: _, ...kept } = before
  return {
    ...kept,
    id: form.id.trim(),
    name: form.name.trim(),
    channel: form.channel.trim(),
    timezone: form.timezone.trim() || "UTC",
    resolution: form.resolution,
    ...(limits.length ? { limits: Object.fromEntries(limits) } : {}),
  }
}
