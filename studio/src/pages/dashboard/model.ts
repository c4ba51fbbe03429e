/** Key figures of an answer as tiles, in an order. */
import type { Answer, Row, Value } from "@/api/analyses"
import type { Sort } from "./text"

export interface Week {
  week: string
  customers: number
  share: number
  low: number | null
  high: number | null
  signal: string
}

export interface Tile {
  id: string
  label: string
  channel: string
  status: string
  customers: number
  reach: number
  seconds: number | null
  emotion: number | null
  answers: number
  net: number | null
  nps: number | null
  npsLow: number | null
  npsHigh: number | null
  npsAnswers: number
  value: number | null
  low: number | null
  high: number | null
  goal: number | null
  goalLow: number | null
  goalHigh: number | null
  last: number | null
  usual: number | null
  signal: string
  weeks: readonly Week[]
}

const number = (value: Value | undefined) => (typeof value === "number" ? value : null)

export function tilesOf(answer: Answer): Tile[] {
  const weeks = new Map<string, Week[]>()
  for (const row of answer.tables.trend?.rows ?? []) {
    const id = String(row.id)
    const of = weeks.get(id) ?? []
    weeks.set(id, of)
    of.push(weekOf(row))
  }
  return (answer.tables.touchpoints?.rows ?? []).map((row) => ({
    id: String(row.id),
    label: String(row.label),
    channel: String(row.channel ?? ""),
    status: String(row.status),
    customers: number(row.customers) ?? 0,
    reach: number(row.reach) ?? 0,
    seconds: number(row.median_seconds),
    emotion: number(row.emotion),
    answers: number(row.emotion_n) ?? 0,
    net: number(row.net),
    nps: number(row.nps),
    npsLow: number(row.nps_low),
    npsHigh: number(row.nps_high),
    npsAnswers: number(row.nps_n) ?? 0,
    value: number(row.value_each),
    low: number(row.emotion_low),
    high: number(row.emotion_high),
    goal: number(row.goal_adjusted),
    goalLow: number(row.goal_low),
    goalHigh: number(row.goal_high),
    last: number(row.last_share),
    usual: number(row.usual),
    signal: String(row.signal ?? ""),
    weeks: weeks.get(String(row.id)) ?? [],
  }))
}

function weekOf(row: Row): Week {
  return {
    week: String(row.week),
    customers: number(row.customers) ?? 0,
    share: number(row.share) ?? 0,
    low: number(row.low),
    high: number(row.high),
    signal: String(row.signal ?? ""),
  }
}

/** The order of a measure: what deserves a look comes first. What is not known comes last. */
export function sorted(tiles: readonly Tile[], by: Sort): Tile[] {
  const rank = (one: Tile): number => {
    if (by === "emotion") return one.emotion ?? 99
    if (by === "nps") return one.nps ?? 99
    if (by === "value") return -(one.value ?? -1)
    if (by === "goals") return -(one.goal ?? -99)
    if (by === "time") return -(one.seconds ?? -1)
    if (by === "trend") return one.signal || one.status === "stopped" ? -1e9 - one.customers : -one.customers
    return -one.customers
  }
  return tiles.toSorted((one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1))
}
