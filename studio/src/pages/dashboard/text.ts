/** Every text of the dashboard. */
import { filled } from "@/text/t"

const texts = {
  title: "Dashboard",
  customers: "Customers",
  goal: "Reached a goal",
  touchpoints: "Touchpoints met",
  steps: "Steps",
  alerts: "Changed beyond chance",
  noAlerts: "Nothing changed beyond chance.",
  tested: "{tested} figures tested",
  alertsFailed: "Alerts could not be worked out",
  since: "since {day}",
  nowCustomers: "customers now",
  onMap: "on the map",
  curve: "Over the stages",
  emotion: "Emotion",
  net: "Net score",
  measure: "What the curve shows",
  answersBelow: "Below each stage, its answers.",
  emotionAbout:
    "Mean of what customers told, from −2 to +2; the line stands for where it surely lies (95 %).",
  netAbout:
    "Share who told something positive less the share who told something negative, in points, as NPS does.",
  nps: "NPS",
  npsAbout:
    "Share who answered 9 or 10 less share who answered 0 to 6, in points; the line stands for where it surely lies (95 %). An answer is about the contact before it.",
  npsOf: "{count} answers, surely {low} to {high}",
  value: "Value",
  valueAbout:
    "What goals were worth, shared by the touchpoints before them: each customer here, in {currency}",
  ofStage: "Told something at {name}",
  answered: "Answered about {name}",
  few: "fewer than 30 answers",
  answers: "{count} answers",
  none: "no answers",
  sort: "Sorted by",
  reach: "Reach",
  goals: "Goals",
  time: "Time",
  trend: "Out of the usual",
  ofAll: "of all customers",
  toNext: "to the next step",
  adjusted: "goals",
  adjustedAbout:
    "Points more (or fewer) who reach a goal than matched customers who went elsewhere at the same fork: {low} to {high}. Descriptive.",
  week: "this week, {usual} usual",
  weekPlain: "last whole week",
  limits: "Weeks, with the limits of chance. {last} of the last week's customers.",
  high: "unusually many",
  low: "unusually few",
  stopped: "Stopped",
  never: "Never met",
  all: "Show all {count}",
  focus: "{name} on the map",
  whose: "Met {name}",
  other: "All others",
  nobody: "–",
} as const

export function d(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

export const SORTS = ["reach", "emotion", "nps", "goals", "value", "time", "trend"] as const
export type Sort = (typeof SORTS)[number]
