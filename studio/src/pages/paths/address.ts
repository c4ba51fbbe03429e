/** The page's address ⇄ the paths that are asked, how they are drawn, and what is picked in the picture. */
import type { Body, Row } from "@/api/analyses"
import type { Change } from "@/app/search"
import { rowOf, wordOfRow } from "@/pages/understand/row"
import {
  bodyOf,
  oneOf,
  type Scope,
  scopeOf,
  type Words,
  wordsOf as wordsOfScope,
} from "@/pages/understand/scope"
import { joined, listed } from "@/text/list"

export const FORMS = ["flow", "tree", "list"] as const
export const OCCURRENCES = ["first", "last", "each"] as const
export const EDGES = ["START", "END", "OPEN", "BEFORE"] as const
export const LIMITS = [4, 6, 8, 12, 20, 0] as const
export const USUAL = { repeats: "collapse" } as const
export const DEPTH = 5
export const DEEPEST = 12
const LIMIT = 8
const VARIANTS = 20

export interface Shows extends Scope {
  form: (typeof FORMS)[number]
  /** START, END, OPEN, or a pattern. */
  anchor: string
  occurrence: (typeof OCCURRENCES)[number]
  before: boolean
  depth: number
  /** Places of a step that are drawn by themselves; 0 = all. */
  limit: number
  /** How many whole ways the list has; 0 = all. */
  variants: number
  /** Only walks that begin with these. */
  prefix: readonly string[]
  hidden: readonly string[]
  /** Places told apart by what their events say: "web: Search by term". */
  split: readonly string[]
  /** What is picked in the picture, as a row of the answer. */
  pick: Row | null
}

export const isEdge = (anchor: string): boolean => EDGES.some((one) => one === anchor)

export function showsOf(words: Words): Shows {
  return {
    ...scopeOf(words, USUAL),
    form: oneOf(FORMS, words.form, "flow"),
    anchor: words.at || "START",
    occurrence: oneOf(OCCURRENCES, words.which, "first"),
    before: words.way === "before",
    depth: whole(words.depth, 1, 30) ?? DEPTH,
    limit: whole(words.limit, 0, 200) ?? LIMIT,
    variants: whole(words.ways, 0, 10_000) ?? VARIANTS,
    prefix: listed(words.within),
    hidden: listed(words.hide),
    split: listed(words.split),
    pick: rowOf(words.pick),
  }
}

export function wordsOf(change: Partial<Shows>): Change {
  const words: Change = wordsOfScope(change, USUAL)
  if (change.form) words.form = change.form === "flow" ? undefined : change.form
  if ("anchor" in change) words.at = change.anchor === "START" ? undefined : change.anchor
  if (change.occurrence) words.which = change.occurrence === "first" ? undefined : change.occurrence
  if ("before" in change) words.way = change.before ? "before" : undefined
  if ("depth" in change) words.depth = change.depth === DEPTH ? undefined : String(change.depth)
  if ("limit" in change) words.limit = change.limit === LIMIT ? undefined : String(change.limit)
  if ("variants" in change) words.ways = change.variants === VARIANTS ? undefined : String(change.variants)
  if (change.prefix) words.within = joined(change.prefix)
  if (change.hidden) words.hide = joined(change.hidden)
  if (change.split) words.split = joined(change.split)
  if ("pick" in change) words.pick = change.pick ? wordOfRow(change.pick) : undefined
  return words
}

export function questionOf(shows: Shows): Body {
  return {
    ...bodyOf(shows),
    anchor: shows.anchor,
    ...(!isEdge(shows.anchor) && {
      direction: shows.before ? "before" : "after",
      occurrence: shows.occurrence,
    }),
    depth: shows.depth,
    limit: shows.limit,
    variants: shows.variants,
    prefix: [...shows.prefix],
    ...(shows.hidden.length && { background: [...shows.hidden] }),
    ...(shows.split.length && shows.level === "touchpoint" && { split: [...shows.split] }),
  }
}

/** "web: Search by term" in its two parts. */
export function splitTold(split: string): { place: string; property: string } {
  const at = split.lastIndexOf(" by ")
  return { place: split.slice(0, at), property: split.slice(at + 4) }
}

/** The touchpoint a node is part of, when it was split. */
export function wholeOf(node: string, splits: readonly string[]): string {
  const of = splits.map((one) => splitTold(one).place).find((place) => node.startsWith(`${place} · `))
  return of ?? node
}

/** Whether steps go backward in time. */
export const backward = ({ anchor, before }: Shows): boolean =>
  anchor === "END" || anchor === "OPEN" || (!isEdge(anchor) && before)

/** A node of a level as a pattern, to begin paths there. */
export function patternOf(node: string, level: Scope["level"]): string {
  return level === "touchpoint" ? node : level === "group" ? node : `${level}:${node}`
}

function whole(text: string | undefined, least: number, most: number): number | undefined {
  if (!text || !/^\d{1,6}$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}
