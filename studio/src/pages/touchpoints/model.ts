/** What was heard at each place, and the catalogue -> rows to show, sort and narrow; a form -> the document it means. Pure. */
import type { Schemas } from "@/api/client"

export type Use = Schemas["TouchpointUse"]
export type Entry = Schemas["Entry"]
export type Mark = "unnamed" | "never" | "stopped" | "draft" | ""

export interface Row extends Use {
  mark: Mark
  emotion: number | null
  answers: number
}

export interface Felt {
  emotion: number | null
  emotion_n: number
}

const DAY = 86_400_000
const USUAL = 20

/** Each place once: those of the catalogue, those that were seen, and drafts nobody published yet. */
export function rowsOf(
  uses: readonly Use[],
  entries: readonly Entry[] = [],
  felt: ReadonlyMap<string, Felt> = new Map(),
): Row[] {
  const newest = Math.max(0, ...uses.map((one) => (one.last ? Date.parse(one.last) : 0)))
  const rows = uses.map((one): Row => {
    const said = felt.get(one.touchpoint)
    return {
      ...one,
      mark: markOf(one, newest),
      emotion: said?.emotion ?? null,
      answers: said?.emotion_n ?? 0,
    }
  })
  const there = new Set(uses.map((one) => one.touchpoint))
  for (const entry of entries)
    if (!entry.published && entry.draft && !there.has(entry.id)) {
      const body = bodyOf(entry.body)
      const { channel, stage, group } = body
      const nothing = { events: 0, customers: 0, first: null, last: null, emotion: null, answers: 0 }
      rows.push({ touchpoint: entry.id, channel, stage, group, mapped: false, mark: "draft", ...nothing })
    }
  return rows
}

/** Stopped: seen often for a week or more, and now silent for ten times as long as its events used to be apart and for a
 * quarter of the time it was seen (and at least for a day), while others were heard. */
export function markOf(use: Use, newest: number): Mark {
  if (!use.mapped) return "unnamed"
  if (!use.events || !use.last) return "never"
  const first = Date.parse(use.first ?? use.last)
  const last = Date.parse(use.last)
  const span = last - first
  const apart = span / Math.max(1, use.events - 1)
  const usual = use.events >= USUAL && span >= 7 * DAY
  return usual && newest - last > Math.max(DAY, 10 * apart, span / 4) ? "stopped" : ""
}

// ---------------------------------------------------------------- narrowing and sorting

export type Show = "all" | "unnamed" | "never" | "stopped"
export type Column =
  | "touchpoint"
  | "channel"
  | "stage"
  | "group"
  | "customers"
  | "events"
  | "emotion"
  | "last"

export interface Asked {
  show: Show
  channel: string
  stage: string
  text: string
}

export function narrowed(rows: readonly Row[], asked: Asked): Row[] {
  const text = asked.text.toLowerCase()
  return rows.filter(
    (row) =>
      (asked.show === "all" ||
        row.mark === asked.show ||
        (asked.show === "unnamed" && row.mark === "draft")) &&
      (!asked.channel || row.channel === asked.channel) &&
      (!asked.stage || row.stage === (asked.stage === "-" ? "" : asked.stage)) &&
      (!text ||
        [row.touchpoint, row.channel, row.stage, row.group].some((one) => one.toLowerCase().includes(text))),
  )
}

/** Sorted by a column; what has no value comes last whichever way. Stages sort by their place in life. */
export function sorted(
  rows: readonly Row[],
  column: Column,
  down: boolean,
  stages: readonly string[] = [],
): Row[] {
  const places = new Map(stages.map((id, place) => [id, place]))
  const value = (row: Row): number | string | null => {
    if (column === "stage") return row.stage ? (places.get(row.stage) ?? stages.length) : null
    if (column === "last") return row.last ? Date.parse(row.last) : null
    const told = row[column]
    return told === "" ? null : told
  }
  return [...rows].sort((a, b) => {
    const [left, right] = [value(a), value(b)]
    if (left === null || right === null)
      return left === right ? compare(a.touchpoint, b.touchpoint) : left === null ? 1 : -1
    return (down ? -compare(left, right) : compare(left, right)) || compare(a.touchpoint, b.touchpoint)
  })
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "string" && typeof b === "string")
    return a.localeCompare(b, undefined, { sensitivity: "base" })
  return a < b ? -1 : a > b ? 1 : 0
}

// ---------------------------------------------------------------- the form

export interface Rule {
  key: number
  source: string
  type: string
  name: string
  path: string
  properties: string
}

export interface Form {
  id: string
  channel: string
  stage: string
  group: string
  rules: Rule[]
  /** What the form does not show and keeps. */
  rest: Record<string, unknown>
}

export interface Body {
  id: string
  channel: string
  stage: string
  group: string
  match: Record<string, unknown>[]
  [other: string]: unknown
}

let keys = 0

export function emptyRule(): Rule {
  keys += 1
  return { key: keys, source: "", type: "", name: "", path: "", properties: "" }
}

export function bodyOf(told: Record<string, unknown>): Body {
  const text = (name: string) => (typeof told[name] === "string" ? (told[name] as string) : "")
  const match = Array.isArray(told.match) ? (told.match as Record<string, unknown>[]) : []
  return {
    ...told,
    id: text("id"),
    channel: text("channel"),
    stage: text("stage"),
    group: text("group"),
    match,
  }
}

export function formOf(told: Record<string, unknown>): Form {
  const { id, channel, stage, group, match, ...rest } = bodyOf(told)
  const rules = match.map((one): Rule => {
    const text = (name: string) => (typeof one[name] === "string" ? (one[name] as string) : "")
    return {
      ...emptyRule(),
      source: text("source"),
      type: text("type"),
      name: text("name"),
      path: text("path"),
      properties: lines((one.properties ?? {}) as Record<string, unknown>),
    }
  })
  return { id, channel, stage, group, rules, rest }
}

/** The document a form means: what says nothing is left out. */
export function documentOf(form: Form): Record<string, unknown> {
  const said = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""))
  const match = form.rules.map(({ source, type, name, path, properties }) => {
    const told = propertiesOf(properties)
    const trimmed = { source: source.trim(), type: type.trim(), name: name.trim(), path: path.trim() }
    return { ...said(trimmed), ...(Object.keys(told).length ? { properties: told } : {}) }
  })
  const { id, channel, stage, group } = form
  return {
    ...form.rest,
    id: id.trim(),
    ...said({ channel: channel.trim(), stage, group: group.trim() }),
    ...(match.length ? { match } : {}),
  }
}

/** `plan = gold` a line. Numbers, true and false mean themselves; quotes make a text of them. */
export function propertiesOf(typed: string): Record<string, unknown> {
  const told: Record<string, unknown> = {}
  for (const line of typed.split("\n")) {
    const [name = "", ...rest] = line.split("=")
    const value = rest.join("=").trim()
    if (name.trim()) told[name.trim()] = rest.length ? read(value) : "*"
  }
  return told
}

function read(typed: string): unknown {
  try {
    return JSON.parse(typed)
  } catch {
    return typed
  }
}

function lines(properties: Record<string, unknown>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name} = ${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`)
    .join("\n")
}

function quoted(value: string): string {
  return read(value) === value ? value : JSON.stringify(value)
}

export interface Problem {
  /** `id`, `channel`, `match.0.path`, "" for the whole. */
  field: string
  message: string
}

/** Where in the form a message of the hub belongs.
 *
 * "touchpoint: Expected `str`, got `int` - at `$.match[0].path`" -> match.0.path
 */
export function problemOf(message: string): Problem {
  const [, at] = /at `\$\.?([^`]*)`/.exec(message) ?? []
  const field = at?.replace(/\[(\d+)\]/g, ".$1") ?? (/needs an 'id'|\ban id\b/.test(message) ? "id" : "")
  return { field, message: message.replace(/^touchpoint: /, "").replace(/ - at `[^`]*`/, "") }
}

/** What can be said without the hub: a name is there and free, no rule that takes everything. */
export function problemsOf(form: Form, taken: ReadonlySet<string>): Problem[] {
  const found: Problem[] = []
  const id = form.id.trim()
  if (!id) found.push({ field: "id", message: "A touchpoint needs a name, such as web: Plan page." })
  else if (taken.has(id)) found.push({ field: "id", message: "Another touchpoint has this name." })
  form.rules.forEach((rule, place) => {
    if (![rule.source, rule.type, rule.name, rule.path, rule.properties].some((one) => one.trim()))
      found.push({
        field: `match.${place}`,
        message: "Say at least one thing, or this rule takes every event.",
      })
  })
  return found
}

/** A name to begin with: the channel, and what the places have in common. */
export function suggestedName(touchpoints: readonly string[], channel: string): string {
  const [only] = touchpoints
  if (touchpoints.length !== 1 || !only) return channel ? `${channel}: ` : ""
  const label = only.startsWith(`${channel}: `) ? only.slice(channel.length + 2) : only
  const words = label
    .split("/")
    .filter((part) => part && part !== "*")
    .at(-1)
  const plain = (label.startsWith("/") && words ? words : label).replace(/[-_]+/g, " ").trim()
  return `${channel}: ${plain.charAt(0).toUpperCase()}${plain.slice(1)}`
}
