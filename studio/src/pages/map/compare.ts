/** What a map is compared with: the word of the address ⇄ what is meant -> what the hub is asked, and what people read. */
import { type Days, dayAfter, dayOf, periodTold } from "@/text/days"
import { signed } from "@/text/format"
import { m } from "./text"

export type Against =
  | { kind: "previous" }
  | { kind: "period"; from: string; to: string }
  | { kind: "segment"; segment: string }

/** `previous`, `2026-09-01..2026-09-30` (both days meant) or `segment:ID`; undefined for anything else. */
export function againstOf(word: string, { from, to }: Days): Against | undefined {
  if (word === "previous") return from && to ? { kind: "previous" } : undefined
  if (word.startsWith("segment:")) return { kind: "segment", segment: word.slice("segment:".length) }
  const [first = "", last = ""] = word.split("..")
  const days = { from: dayOf({ day: first }, "day"), to: dayOf({ day: last }, "day") }
  return days.from && days.to && days.from <= days.to ? { kind: "period", ...days } : undefined
}

/** The hub's `compare`: there a period ends where its last day is over. */
export function askedOf(word: string, days: Days): string {
  const against = againstOf(word, days)
  return against?.kind === "period" ? `${against.from}..${dayAfter(against.to)}` : against ? word : ""
}

/** "1 Sep – 30 Sep", "the 30 days before", "Newcomers". */
export function againstTold(word: string, days: Days, nameOf: (segment: string) => string): string {
  const against = againstOf(word, days)
  if (!against) return ""
  if (against.kind === "previous") return m("daysBefore", { days: lengthOf(days) })
  if (against.kind === "period") return periodTold(against)
  return against.segment ? nameOf(against.segment) : m("allCustomers")
}

/** How many days a period has, both its ends among them. */
export const lengthOf = ({ from, to }: Days): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1

/** "▲ +20 pts": never a color alone. */
export function pointsTold(change: number | null | undefined, digits?: number): string {
  if (change === null || change === undefined) return "–"
  const points = change * 100
  const told = signed(points, digits ?? (Math.abs(points) < 9.95 ? 1 : 0))
  return `${told.startsWith("+") ? "▲ " : told.startsWith("−") ? "▼ " : ""}${told} pts`
}
