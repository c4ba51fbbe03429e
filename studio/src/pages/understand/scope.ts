/** The part of an address every analysis has, and of the body that asks: whose journeys, when, what a step and a journey is.
 * Words that make no sense are left out, never an error. */
import type { Body } from "@/api/analyses"
import type { Change } from "@/app/search"
import { type Days, daysOf, periodOf } from "@/text/days"
import { joined, listed } from "@/text/list"

export const LEVELS = ["touchpoint", "group", "stage", "channel", "event"] as const
export const JOURNEYS = ["life", "visit", "goal"] as const
export const REPEATS = ["keep", "collapse", "first"] as const
export type Level = (typeof LEVELS)[number]
export type Journey = (typeof JOURNEYS)[number]
export type Repeats = (typeof REPEATS)[number]

export interface Scope extends Days {
  segment: string
  level: Level
  journey: Journey
  /** Of journeys of the kind goal: the touchpoints that end one. */
  goal: readonly string[]
  repeats: Repeats
  /** Tables instead of the picture. */
  table: boolean
}

export type SetScope = (change: Partial<Scope>, replace?: boolean) => void
export type Words = Readonly<Record<string, string | undefined>>

/** What a page begins with where the address says nothing. */
export interface Usual {
  level?: Level
  repeats?: Repeats
}

export function oneOf<One extends string>(
  among: readonly One[],
  word: string | undefined,
  usual: NoInfer<One>,
): One {
  return among.find((one) => one === word) ?? usual
}

export function scopeOf(words: Words, { level = "touchpoint", repeats = "keep" }: Usual = {}): Scope {
  return {
    ...daysOf(words),
    segment: words.segment ?? "",
    level: oneOf(LEVELS, words.level, level),
    journey: oneOf(JOURNEYS, words.journey, "life"),
    goal: listed(words.goal),
    repeats: oneOf(REPEATS, words.repeats, repeats),
    table: words.view === "table",
  }
}

/** The words of a change; what is as it is anyway is not said. */
export function wordsOf(
  change: Partial<Scope>,
  { level = "touchpoint", repeats = "keep" }: Usual = {},
): Change {
  const words: Change = {}
  if ("from" in change) words.from = change.from || undefined
  if ("to" in change) words.to = change.to || undefined
  if ("segment" in change) words.segment = change.segment || undefined
  if ("level" in change) words.level = change.level === level ? undefined : change.level
  if ("journey" in change) words.journey = change.journey === "life" ? undefined : change.journey
  if ("goal" in change) words.goal = joined(change.goal ?? [])
  if ("repeats" in change) words.repeats = change.repeats === repeats ? undefined : change.repeats
  if ("table" in change) words.view = change.table ? "table" : undefined
  return words
}

/** What the hub is asked. Journeys to a goal are whole lives until somebody says which goal. */
export function bodyOf(scope: Scope): Body {
  const { segment, level, goal, repeats } = scope
  const journey = scope.journey === "goal" && !goal.length ? "life" : scope.journey
  return {
    ...periodOf(scope),
    ...(segment && { segment }),
    ...(level !== "touchpoint" && { level }),
    ...(journey !== "life" && { journey }),
    ...(journey === "goal" && { goal: [...goal] }),
    ...(repeats !== "keep" && { repeats }),
  }
}

/** The words that mean the same period, segment and journeys on the map, which has fewer. */
export function onMap({ from, to, segment, journey, repeats }: Scope): Change {
  return {
    from: from || undefined,
    to: to || undefined,
    segment: segment || undefined,
    journey: journey === "visit" ? "visit" : undefined,
    repeats: repeats === "collapse" ? "merged" : undefined,
  }
}
