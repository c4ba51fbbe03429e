/** The page's address ⇄ what it shows. Words that make no sense are left out, never an error. */
import type { Change } from "@/app/search"
import { type Days, dayOf, daysOf } from "@/text/days"
import { againstOf } from "./compare"

export const COVERAGE = 80

export interface Shows extends Days {
  segment: string
  journey: "life" | "visit"
  collapse: boolean
  /** What the map is compared with, as the address says it; "" when with nothing. */
  compare: string
  mode: "customers" | "time" | "change"
  table: boolean
  /** How many touchpoints; 0 = all. */
  touchpoints: number
  /** Percent of moves the links are to cover. */
  coverage: number
  focus: string
  /** With `focus`: the link from there to this one. */
  next: string
  open: readonly string[]
  folded: readonly string[]
  /** Id of the stage that takes most of the width. */
  stage: string
  /** The day that is replayed; "" when none is. */
  replay: string
}

type Words = Record<string, string | undefined>

export function showsOf(words: Words): Shows {
  const days = daysOf(words)
  const compare = words.compare && againstOf(words.compare, days) ? words.compare : ""
  return {
    ...days,
    segment: words.segment ?? "",
    journey: words.journey === "visit" ? "visit" : "life",
    collapse: words.repeats === "merged",
    compare,
    mode: words.show === "time" ? "time" : compare && words.show !== "customers" ? "change" : "customers",
    table: words.view === "table",
    touchpoints: whole(words.touchpoints, 1, 100_000) ?? 0,
    coverage: whole(words.cover, 0, 100) ?? COVERAGE,
    focus: words.focus ?? "",
    next: words.focus ? (words.next ?? "") : "",
    open: listed(words.open),
    folded: listed(words.fold),
    stage: words.stage ?? "",
    replay: dayOf(words, "replay"),
  }
}

/** The words of a change; what is as it is anyway is not said. `compared`: a map that shows changes unless told otherwise. */
export function wordsOf(change: Partial<Shows>, compared = false): Change {
  const words: Change = {}
  if ("from" in change) words.from = change.from || undefined
  if ("to" in change) words.to = change.to || undefined
  if ("segment" in change) words.segment = change.segment || undefined
  if ("journey" in change) words.journey = change.journey === "visit" ? "visit" : undefined
  if ("collapse" in change) words.repeats = change.collapse ? "merged" : undefined
  if ("compare" in change) words.compare = change.compare || undefined
  if ("mode" in change)
    words.show = change.mode === "time" || (change.mode === "customers" && compared) ? change.mode : undefined
  if ("table" in change) words.view = change.table ? "table" : undefined
  if ("touchpoints" in change) words.touchpoints = change.touchpoints ? String(change.touchpoints) : undefined
  if ("coverage" in change) words.cover = change.coverage === COVERAGE ? undefined : String(change.coverage)
  if ("focus" in change) words.focus = change.focus || undefined
  if ("next" in change) words.next = change.next || undefined
  if ("open" in change) words.open = joined(change.open)
  if ("folded" in change) words.fold = joined(change.folded)
  if ("stage" in change) words.stage = change.stage || undefined
  if ("replay" in change) words.replay = change.replay || undefined
  return words
}

function whole(text: string | undefined, least: number, most: number): number | undefined {
  if (!text || !/^\d{1,6}$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}

function listed(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .filter(Boolean)
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
}

function joined(list: readonly string[] | undefined): string | undefined {
  return list?.length ? list.map((one) => encodeURIComponent(one)).join(",") : undefined
}
