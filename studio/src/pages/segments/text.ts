/** Every text of the segments page. */
import { filled } from "@/text/t"

const texts = {
  title: "Segments",
  list: "Segments",
  find: "Find a segment…",
  new: "New segment",
  newName: "New segment",
  name: "Name",
  namePlaceholder: "Ordered twice this month",
  draftOf: "draft",
  none: "No segments yet",
  noneBody:
    "A segment is a rule about customers: who did what, how often, and when. Who fits it is known at any time.",
  fit: "fit this rule",
  fits: "fits this rule",
  ofAll: "{share} of {of} customers",
  estimate: "estimated from {judged} of {of} customers taken by chance",
  counted: "everybody was judged",
  counting: "counting…",
  notYet: "Not a rule yet",
  all: "All of these",
  any: "Any of these",
  notAll: "Not all of these",
  notAny: "None of these",
  how: "How the conditions go together",
  add: "Add a condition",
  addGroup: "Add a group",
  remove: "Remove: {what}",
  group: "group",
  emptyAll: "No condition: everybody fits.",
  emptyAny: "No condition: nobody fits.",
  not: "not",
  notAbout: "Turn around: customers this is not true of",
  about: "What it is about",
  which: "Which",
  op: "Compared how",
  value: "Value",
  values: "Values, with commas between them",
  second: "And",
  within: "Within",
  lasting: "For how long",
  often: "How often",
  written: "Condition as written",
  writtenAbout: "This condition says more than the fields can show; change its text.",
  writtenBad: "This is not JSON yet",
  times: "times",
  alone: "{count} by itself",
  left: "{count} left",
  undo: "Undo",
  redo: "Redo",
  discard: "Discard changes",
  publish: "Publish…",
  publishTitle: "Publish “{name}”",
  publishAbout: "{count} would be in it now. Journeys, rules and lists that use it follow at once.",
  publishGo: "Publish",
  reason: "Why",
  reasonPlaceholder: "What changed, for those who look back",
  warnings: "Worth a look",
  cancel: "Cancel",
  published: "{name} is published",
  retired: "{name} is taken out of force",
  retire: "Take out of force",
  retireTitle: "Take “{name}” out of force?",
  retireAbout: "Nobody is in it any more. Its versions stay and can be put back.",
  showCustomers: "Show customers",
  showMap: "On the map",
  changed: "Changed; not published",
  inForce: "In force",
  overlap: "Overlap with",
  choose: "Another segment",
  pick: "Choose a segment, or write another",
  onlyA: "Only {name}",
  both: "Both",
  neither: "Neither",
  makeBoth: "Make a segment of both",
  makeOnly: "Make one of those only here",
  overlapOf: "{share} of {a} are in {b} too, {other} of {b} in {a}.",
  overlapFailed: "The overlap could not be counted",
  history: "Versions",
  version: "Version {number}",
  back: "Put back in force",
  id: "id",
  idTaken: "There is a segment of this id.",
  unknown: "There is no segment “{id}”.",
  few: "A few of them",
  lost: "The rule could not be tried",
  now: "at any time",
} as const

export function s(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

export const OPS: Readonly<Record<string, string>> = {
  is: "is",
  is_not: "is not",
  in: "is one of",
  not_in: "is none of",
  contains: "contains",
  starts_with: "starts with",
  exists: "is known",
  above: "is above",
  below: "is below",
  at_least: "is at least",
  at_most: "is at most",
  between: "is between",
}

export const OFTEN = {
  at_least: "at least",
  at_most: "at most",
  exactly: "exactly",
  between: "between",
  never: "never",
} as const

export const WHICH = { current: "is now", earliest: "began as", furthest: "came as far as" } as const
export const LENGTHS = ["1h", "1d", "3d", "7d", "14d", "30d", "60d", "90d", "365d"] as const

/** "30d" -> "30 days". */
export function lengthTold(length: string): string {
  const units: Record<string, string> = { m: "minute", h: "hour", d: "day", w: "week" }
  const unit = units[length.slice(-1)]
  const number = Number(length.slice(0, -1))
  return unit && number ? `${number} ${unit}${number === 1 ? "" : "s"}` : length
}
