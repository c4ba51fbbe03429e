/** The page's address ⇄ the funnel that is asked, and the drop that is open. */
import type { Body } from "@/api/analyses"
import type { Change } from "@/app/search"
import {
  bodyOf,
  oneOf,
  type Scope,
  scopeOf,
  type Words,
  wordsOf as wordsOfScope,
} from "@/pages/understand/scope"
import { joined, listed } from "@/text/list"

export const MODES = ["ordered", "strict", "any"] as const
export const WINDOWS = ["1h", "1d", "7d", "14d", "30d", "90d", "none"] as const
export const LEVELS = ["touchpoint", "group", "stage", "channel", "event"] as const
export const WINDOW = "7d"
export const MOST = 20

export interface Shows extends Scope {
  steps: readonly string[]
  mode: (typeof MODES)[number]
  /** A length of time as the hub reads it ("36h"), or "none". */
  window: string
  exclude: readonly string[]
  split: readonly string[]
  /** The step whose drop is open; 0 when none is. */
  drop: number
}

const LENGTH = /^\d{1,4}(s|m|min|h|d|w)$/

export function showsOf(words: Words): Shows {
  const steps = listed(words.steps).slice(0, MOST)
  const drop = Number(words.drop)
  return {
    ...scopeOf(words),
    steps,
    mode: oneOf(MODES, words.mode, "ordered"),
    window: words.within === "none" || LENGTH.test(words.within ?? "") ? (words.within ?? "") : WINDOW,
    exclude: listed(words.not),
    split: listed(words.split),
    drop: Number.isInteger(drop) && drop >= 1 && drop < steps.length ? drop : 0,
  }
}

export function wordsOf(change: Partial<Shows>): Change {
  const words: Change = wordsOfScope(change)
  if (change.steps) words.steps = joined(change.steps)
  if (change.mode) words.mode = change.mode === "ordered" ? undefined : change.mode
  if (change.window) words.within = change.window === WINDOW ? undefined : change.window
  if (change.exclude) words.not = joined(change.exclude)
  if (change.split) words.split = joined(change.split)
  if ("drop" in change) words.drop = change.drop ? String(change.drop) : undefined
  return words
}

/** What the hub is asked; null while there is no step. */
export function questionOf(shows: Shows): Body | null {
  if (!shows.steps.length) return null
  return {
    ...bodyOf(shows),
    steps: [...shows.steps],
    mode: shows.mode,
    window: shows.window === "none" ? null : shows.window,
    exclude: [...shows.exclude],
    segments: [...shows.split],
  }
}
