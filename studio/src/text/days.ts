/** Days as pages' addresses hold them ("2026-09-01", both ends meant) -> what the hub is asked, and what people read. */
import { date } from "./format"
import { t } from "./t"

export interface Days {
  /** "" = open. */
  from: string
  to: string
}

type Words = Record<string, string | undefined>
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** A day of the address; one that is none is left out. */
export function dayOf(words: Words, name: string): string {
  const told = words[name] ?? ""
  return DAY.test(told) && !Number.isNaN(Date.parse(told)) ? told : ""
}

export const daysOf = (words: Words): Days => ({ from: dayOf(words, "from"), to: dayOf(words, "to") })

/** The hub's `to` is where the period ends; people mean the day itself too. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
}

/** What the hub is asked; nothing for an open end. */
export const periodOf = ({ from, to }: Days) => ({ ...(from && { from }), ...(to && { to: dayAfter(to) }) })

/** "3 Nov": the year is told once, at the end. */
const dayOfYear = (day: string): string =>
  new Date(day).toLocaleDateString("en-GB", { day: "numeric", month: "short" })

export function periodTold({ from, to }: Days): string {
  if (from && to) return `${from.slice(0, 4) === to.slice(0, 4) ? dayOfYear(from) : date(from)} – ${date(to)}`
  if (from) return t("days.from", { day: date(from) })
  return to ? t("days.to", { day: date(to) }) : t("days.all")
}
