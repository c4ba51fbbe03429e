/** Words of the address -> a period the hub understands; events -> the days they happened on. Days are the browser's. */
import { date } from "@/text/format"

const DAY = 86_400_000

/** `from` and `to` for the hub: the last days, or between two days, the last one whole. "" says nothing. */
export function period(
  time: string,
  from: string,
  to: string,
  now = Date.now(),
): { from: string; to: string } {
  const first = begin(from)
  const last = begin(to)
  if (first || last) {
    const end = last ? new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1) : null
    return { from: first?.toISOString() ?? "", to: end?.toISOString() ?? "" }
  }
  const days = Number(time)
  if (!time || !Number.isFinite(days) || days <= 0 || days > 36_500) return { from: "", to: "" }
  // to the hour, so that looking again a moment later is the same question
  return { from: new Date(Math.floor((now - days * DAY) / 3_600_000) * 3_600_000).toISOString(), to: "" }
}

/** The end of a day that was picked: what was known then. "" when it is no day. */
export function endOf(day: string): string {
  const start = begin(day)
  return start ? new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1).toISOString() : ""
}

function begin(day: string): Date | null {
  const told = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!told) return null
  const made = new Date(Number(told[1]), Number(told[2]) - 1, Number(told[3]))
  return Number.isNaN(made.getTime()) ? null : made
}

/** Events in their order, day by day. */
export function days<One extends { occurred: string }>(
  events: readonly One[],
): { day: string; at: string; events: One[] }[] {
  const found: { day: string; at: string; events: One[] }[] = []
  for (const event of events) {
    const day = new Date(event.occurred).toDateString()
    const last = found[found.length - 1]
    if (last?.day === day) last.events.push(event)
    else found.push({ day, at: event.occurred, events: [event] })
  }
  return found
}

/** A day as people say it: "Today", "Yesterday", "Sat, 21 Nov 2026". */
export function said(at: string, now = Date.now()): string {
  const day = new Date(at).toDateString()
  if (day === new Date(now).toDateString()) return "Today"
  if (day === new Date(now - DAY).toDateString()) return "Yesterday"
  return `${new Date(at).toLocaleDateString("en-GB", { weekday: "short" })}, ${date(at)}`
}
