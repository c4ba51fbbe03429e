/** Every text of the gaps page. */
import { filled } from "@/text/t"

const texts = {
  title: "Gaps",
  kinds: "Kinds",
  everyKind: "Every kind",
  sides: "Between",
  channel: "Channels",
  source: "Systems",
  goals: "Goals",
  addGoal: "Goals of the company; add others",
  worth: "A goal is worth",
  cost: "A contact costs",
  gap: "Gap",
  customers: "Customers",
  ofThere: "{share} of {at} there",
  time: "Time lost",
  emotion: "Emotion",
  loss: "Goals lost",
  points: "{points} points",
  surely: "{low} to {high}",
  value: "Value",
  valueGoals: "Value, in goals",
  open: "Open {name}",
  whose: "{kind}: {name}",
  other: "All other gaps",
  byKind: "By kind",
  noGap: "No gap was found in this choice.",
  score: "What makes its score",
  goalsLost: "{n} customers × {loss} fewer who reached a goal",
  goalsLostNone: "No customers to compare with: what it takes in goals is unknown",
  contactsMore: "{n} customers × {more} contacts more each, {cost} apiece",
  together: "Value",
  compared: "Beside matched customers",
  comparedAbout:
    "{matched} others at the same place, about as many steps on, with or without a goal before, who met no such gap; watched as long. {n} of this gap could be watched so long.",
  withGap: "With the gap",
  without: "Matched",
  reached: "Reached a goal",
  contacts: "Contacts each",
  felt: "Emotion",
  difference: "Difference",
  show: "Show on the map",
  paths: "Funnel of it",
  who: "Show customers",
  descriptive: "Descriptive: customers with a gap may differ in ways events do not tell.",
  happened: "Happened",
  times: "{count} times, in {journeys} journeys",
  typical: "Typical time lost",
  total: "Time lost in all",
  nothing: "–",
} as const

export function g(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

export const KINDS = {
  channel_switch: "Channel switch",
  repeated_contact: "Repeated contact",
  dead_end: "Dead end",
  ping_pong: "Ping-pong",
  asked_twice: "Asked twice",
  one_side: "Seen on one side only",
} as const
export type Kind = keyof typeof KINDS
