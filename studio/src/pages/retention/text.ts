/** Every text of the retention page. */
import { filled } from "@/text/t"

const texts = {
  title: "Retention",
  show: "What is shown",
  back: "Coming back",
  leave: "Leaving",
  period: "Periods",
  day: "Days",
  week: "Weeks",
  month: "Months",
  began: "Began with",
  anything: "Any first step",
  came: "Came back to",
  anywhere: "Anywhere",
  split: "Tell apart",
  splitNone: "Everybody together",
  cohort: "Began",
  customers: "Customers",
  all: "All of them",
  earlier: "Earlier",
  never: "Nobody can know yet: the period is not over",
  cell: "{returned} of {customers} came back; surely {low} to {high}",
  whoCohort: "Began {cohort}",
  whoCell: "Began {cohort}, back after {period}",
  whoGroup: "Counted: {group}",
  whoLeft: "Left in {period}: {group}",
  legend: "Empty cells: the period is not over, so nobody can know yet",
  also: "About leaving",
  alsoBack: "About coming back",
  look: "Look at it",
  curve: "Still there, by time since the first step",
  curveAbout:
    "The band is where the share surely lies (95 %). Those still open count for as long as they were watched.",
  focus: "{group}: of those still there, most leave in {period} ({chance} of them)",
  groups: "How long customers stay",
  group: "Segment",
  everybody: "Everybody",
  others: "All others",
  left: "Left",
  still: "Still there",
  atOnce: "At once",
  onset: "Leaving sets in",
  median: "Half have left",
  worst: "Focus on",
  onsetAbout: "When 10 % of those who came back at all have left",
  tooNew: "too new to tell: {count}",
  perPeriod: "Chance of leaving in each period, of those still there",
} as const

export function r(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

/** "week", 3 -> "week 3". */
export const periodTold = (period: string, number: number) => `${period} ${number}`
