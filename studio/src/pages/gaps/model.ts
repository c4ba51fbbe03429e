/** The gaps of an answer as rows, and the page's words ⇄ what it asks. */
import type { Answer, Body, Row, Value } from "@/api/analyses"
import type { Change } from "@/app/search"
import { rowOf, wordOfRow } from "@/pages/understand/row"
import { bodyOf, type Scope, scopeOf, wordsOf as scopeWords, type Words } from "@/pages/understand/scope"
import { joined, listed } from "@/text/list"
import { KINDS, type Kind } from "./text"

export interface Shows extends Scope {
  kinds: readonly Kind[]
  sides: "channel" | "source"
  goals: readonly string[]
  contradictions: readonly string[]
  worth: number
  cost: number
  /** The gap that is opened. */
  gap: Row | null
}

const WORTH = 1
const COST = 0.1

export function showsOf(words: Words): Shows {
  return {
    ...scopeOf(words),
    kinds: listed(words.kinds).filter((one): one is Kind => one in KINDS),
    sides: words.sides === "source" ? "source" : "channel",
    goals: listed(words.goals),
    contradictions: listed(words.contradictions),
    worth: amount(words.worth, WORTH),
    cost: amount(words.cost, COST),
    gap: rowOf(words.gap),
  }
}

export function wordsOf(change: Partial<Shows>): Change {
  const words = scopeWords(change)
  if ("kinds" in change) words.kinds = joined(change.kinds ?? [])
  if ("sides" in change) words.sides = change.sides === "source" ? "source" : undefined
  if ("goals" in change) words.goals = joined(change.goals ?? [])
  if ("contradictions" in change) words.contradictions = joined(change.contradictions ?? [])
  if ("worth" in change) words.worth = change.worth === WORTH ? undefined : String(change.worth)
  if ("cost" in change) words.cost = change.cost === COST ? undefined : String(change.cost)
  if ("gap" in change) words.gap = change.gap ? wordOfRow(change.gap) : undefined
  return words
}

export function questionOf(shows: Shows): Body {
  return {
    ...bodyOf(shows),
    ...(shows.kinds.length && { kinds: [...shows.kinds] }),
    ...(shows.sides !== "channel" && { sides: shows.sides }),
    ...(shows.goals.length && { goals: [...shows.goals] }),
    ...(shows.contradictions.length && { contradictions: [...shows.contradictions] }),
    ...(shows.worth !== WORTH && { goal_value: shows.worth }),
    ...(shows.cost !== COST && { contact_cost: shows.cost }),
  }
}

function amount(word: string | undefined, usual: number): number {
  const told = Number(word)
  return word && Number.isFinite(told) && told >= 0 ? told : usual
}

export interface Gap {
  kind: string
  from: string
  to: string
  sentence: string
  customers: number
  journeys: number
  events: number
  at: number | null
  chance: number | null
  elsewhere: number | null
  median: number | null
  total: number | null
  n: number | null
  matched: number | null
  goal: number | null
  goalMatched: number | null
  loss: number | null
  lossLow: number | null
  lossHigh: number | null
  contacts: number | null
  contactsMatched: number | null
  emotion: number | null
  emotionMatched: number | null
  feels: number | null
  feelsLow: number | null
  feelsHigh: number | null
  lostGoals: number | null
  moreContacts: number | null
  valueGoals: number | null
  valueContacts: number | null
  value: number | null
}

const number = (value: Value | undefined) => (typeof value === "number" ? value : null)

export function gapsOf(answer: Answer): Gap[] {
  return (answer.tables.gaps?.rows ?? []).map((row) => ({
    kind: String(row.kind),
    from: String(row.from ?? ""),
    to: String(row.to ?? ""),
    sentence: String(row.sentence ?? ""),
    customers: number(row.customers) ?? 0,
    journeys: number(row.journeys) ?? 0,
    events: number(row.events) ?? 0,
    at: number(row.at),
    chance: number(row.chance),
    elsewhere: number(row.elsewhere),
    median: number(row.median_seconds),
    total: number(row.total_seconds),
    n: number(row.n),
    matched: number(row.matched),
    goal: number(row.goal),
    goalMatched: number(row.goal_matched),
    loss: number(row.goal_loss),
    lossLow: number(row.goal_loss_low),
    lossHigh: number(row.goal_loss_high),
    contacts: number(row.contacts),
    contactsMatched: number(row.contacts_matched),
    emotion: number(row.emotion),
    emotionMatched: number(row.emotion_matched),
    feels: number(row.emotion_difference),
    feelsLow: number(row.emotion_low),
    feelsHigh: number(row.emotion_high),
    lostGoals: number(row.lost_goals),
    moreContacts: number(row.more_contacts),
    valueGoals: number(row.value_goals),
    valueContacts: number(row.value_contacts),
    value: number(row.value),
  }))
}

export const sameGap = (gap: Gap, row: Row | null) =>
  row !== null && gap.kind === row.kind && gap.from === row.from && gap.to === row.to

/** A loss whose whole range is above zero is one beyond chance. */
export function toneOf(low: number | null, high: number | null): "worse" | "better" | "plain" {
  if (low !== null && low > 0) return "worse"
  return high !== null && high < 0 ? "better" : "plain"
}

const SIDES = ["ping_pong", "one_side", "known_late", "slow_handoff"]

/** A gap on the map: the touchpoints it lies between, or whole channels, groups or stages. Systems are not on the map. */
export function onMapOf({ kind, from, to }: Gap, { level, sides }: Pick<Shows, "level" | "sides">) {
  const wide = level !== "touchpoint" && level !== "event" && !SIDES.includes(kind) ? level : "channel"
  const word = (id: string) => (id.includes(": ") ? id : `${wide}:${id}`)
  if (!from || (wide === "channel" && sides === "source" && !from.includes(": "))) return {}
  return to === "END" || !to ? { focus: word(from) } : { focus: word(from), next: word(to) }
}
