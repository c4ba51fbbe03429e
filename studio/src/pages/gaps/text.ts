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
  leftHere: "Left here",
  leftElsewhere: "Left at other places",
  comparedEnds:
    "Beside customers who came to other places with the same intent, as many steps on. Only who leaves more often than there counts; each of them would have reached a goal as often as those who went on from here.",
  ideas: "Ideas",
  ideaMake: "Make an idea",
  ideaChange: "Change an idea",
  ideaChangeThis: "Change {name}",
  ideaRemove: "Remove {name}",
  ideaMade: "Idea kept: {name}",
  ideaChanged: "Idea changed: {name}",
  ideaRemoved: "Idea removed: {name}",
  ideaAbout: "It is kept for the team, with the gap it was read from.",
  ideaKeep: "Keep",
  cancel: "Cancel",
  ideaName: "Idea",
  ideaNew: "{kind}: {name}",
  ideaHypothesis: "Hypothesis",
  ideaBelieved:
    "If we close this gap, its {customers} will fare as matched ones: {goals} more goals and {contacts} fewer contacts.",
  ideaFrom: "Read from",
  ideaValue: "Expected value",
  ideaValueAbout: "In the unit of the gap's value.",
  ideaOwner: "Owner",
  ideaStatus: "Status",
  ideaActions: "Actions",
  ideaBack: "Show the gap it was read from",
  contradictions: "What should not come",
  addContradiction: "such as message: Newsletter after goal:order within 14d",
} as const

export function g(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

export const STATUS = { open: "Open", trying: "Being tried", done: "Done", dropped: "Dropped" } as const

/** What each kind is, in a sentence. */
export const ABOUT: Record<Kind, string> = {
  channel_switch: "Something was tried, then somebody asked for help on another side, about the same topic.",
  repeated_contact: "Help was needed again on the same side.",
  dead_end: "A journey ended after a sign of intent, without a goal; here more often than at other places.",
  ping_pong: "From one side to another and back.",
  asked_twice: "Asked for the same again, here or elsewhere.",
  one_side: "A contact with somebody never seen anywhere else.",
  known_late:
    "A crossing to another system before anybody there could know the customer: what links both came later.",
  slow_handoff: "A crossing slower than steps within either side typically are.",
  contradiction: "Something came that should not have come after what was there already.",
}

export const KINDS = {
  channel_switch: "Channel switch",
  repeated_contact: "Repeated contact",
  dead_end: "Dead end",
  ping_pong: "Ping-pong",
  asked_twice: "Asked twice",
  one_side: "Seen on one side only",
  known_late: "Known too late",
  slow_handoff: "Slow handoff",
  contradiction: "Contradiction",
} as const
export type Kind = keyof typeof KINDS
