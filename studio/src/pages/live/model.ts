/** Events as they are told -> the rows to draw, how many a second, and how many on each channel. Pure: moments come in as
 * arguments (milliseconds). Everything is bounded, so a page may stay open for days. */
import type { Gap, LiveItem } from "@/api/live"

/** Rows in the list. */
export const ROWS = 500
/** Events kept for when the filter changes or the list goes on after a pause. */
export const RECENT = 2_000
/** Rows drawn a second; of more, some are drawn. */
export const PER_SECOND = 10
/** Length of the rate line. */
export const SECONDS = 300
const CHANNELS = 40
const SHOWN_SECONDS = 5

export interface Filter {
  channels: ReadonlySet<string>
  text: string
}

export type Row = { kind: "event"; key: string; item: LiveItem } | { kind: "gap"; key: string; gap: Gap }

/** One second: when it was, and how many events of each channel. */
interface Second {
  at: number
  total: number
  channels: Map<string, number>
}

export interface Sampled {
  drawn: number
  of: number
}

export function fits(item: LiveItem, filter: Filter): boolean {
  if (filter.channels.size && !filter.channels.has(item.channel)) return false
  if (!filter.text) return true
  const wanted = filter.text.toLowerCase()
  return [item.touchpoint, item.name, item.type, item.who, item.profile, item.source].some((one) =>
    one.toLowerCase().includes(wanted),
  )
}

export class Live {
  /** Newest first. */
  rows: Row[] = []
  /** Rows that came while the list stood still. */
  waiting = 0
  held = false
  heard = 0
  lastAt = 0
  /** What was heard since this moment is counted. */
  since = Number.POSITIVE_INFINITY
  private filter: Filter = { channels: new Set(), text: "" }
  private recent: Row[] = []
  private pending: Row[] = []
  private seconds: Second[] = []
  private fitting: { at: number; came: number; drawn: number }[] = []
  private tokens = PER_SECOND
  private drawnAt = 0

  /** One event. `age`: how long ago it was heard when this page began to listen; such a one is shown at once. */
  take(item: LiveItem, now: number, age = 0): void {
    const row: Row = { kind: "event", key: `${item.seq}`, item }
    const old = age > 0
    this.keep(row)
    this.lastAt = now
    if (!old) this.heard += 1
    this.since = Math.min(this.since, now - age)
    if (age < SECONDS * 1_000) this.count(item, now - age, now)
    if (!fits(item, this.filter)) return
    if (this.held) this.waiting += 1
    else if (old) this.put([row])
    else {
      this.beat(now).came += 1
      this.pending.push(row)
      if (this.pending.length > RECENT) this.pending.splice(0, this.pending.length - RECENT)
    }
  }

  /** A piece that is too long ago to be told. */
  gap(gap: Gap): void {
    const row: Row = { kind: "gap", key: `gap-${gap.through}`, gap }
    this.keep(row)
    if (this.held) this.waiting += 1
    else this.put([row])
  }

  /** Move what may be drawn now from what came into the list; whether anything changed. */
  draw(now: number): boolean {
    this.tokens = Math.min(PER_SECOND, this.tokens + ((now - this.drawnAt) / 1_000) * PER_SECOND)
    this.drawnAt = now
    if (this.held || !this.pending.length) return false
    const room = Math.floor(this.tokens)
    if (!room) return false
    const all = this.pending
    // no more than a second's worth may wait; of more, rows are left out evenly
    const chosen = all.length <= PER_SECOND ? all.splice(0, room) : evenly(all.splice(0), room)
    this.beat(now).drawn += chosen.length
    this.tokens -= chosen.length
    this.put(chosen)
    return true
  }

  /** Stand still: what comes from now on waits. Go on: everything that waited is there, as far as it is kept. */
  hold(held: boolean): void {
    if (held === this.held) return
    this.held = held
    this.waiting = 0
    if (held) this.waiting = this.pending.length
    else this.again()
    this.pending = []
  }

  /** Show other events: the list is made anew from what is kept. */
  narrow(filter: Filter): void {
    this.filter = filter
    this.pending = []
    this.waiting = 0
    this.again()
  }

  /** Rows drawn, of how many that came, in a second; null while all are drawn. */
  sampled(now: number): Sampled | null {
    const since = Math.floor(now / 1_000) - SHOWN_SECONDS
    const beats = this.fitting.filter((one) => one.at >= since && one.at < since + SHOWN_SECONDS)
    const came = beats.reduce((sum, one) => sum + one.came, 0) / SHOWN_SECONDS
    const drawn = beats.reduce((sum, one) => sum + one.drawn, 0) / SHOWN_SECONDS
    return came > PER_SECOND * 1.1 && drawn < came * 0.95
      ? { drawn: Math.min(PER_SECOND, Math.max(1, Math.round(drawn))), of: Math.round(came) }
      : null
  }

  /** Events of each of the last seconds before this one, oldest first, in steps; by channel. */
  rate(now: number, step = 5): { total: number; channels: Map<string, number> }[] {
    const end = Math.floor(now / 1_000 / step) * step
    const bars = Array.from({ length: SECONDS / step }, () => ({
      total: 0,
      channels: new Map<string, number>(),
    }))
    for (const one of this.seconds) {
      const bar = bars[Math.floor((one.at - (end - SECONDS)) / step)]
      if (!bar) continue
      bar.total += one.total
      for (const [channel, count] of one.channels)
        bar.channels.set(channel, (bar.channels.get(channel) ?? 0) + count)
    }
    return bars
  }

  /** Events a second over the last ten seconds. */
  perSecond(now: number): number {
    const end = Math.floor(now / 1_000)
    return (
      this.seconds.reduce((sum, one) => (one.at >= end - 10 && one.at < end ? sum + one.total : sum), 0) / 10
    )
  }

  /** Events of each channel in the last five minutes, most first. */
  channels(now: number): [string, number][] {
    const since = Math.floor(now / 1_000) - SECONDS
    const counts = new Map<string, number>()
    for (const one of this.seconds)
      if (one.at >= since)
        for (const [channel, count] of one.channels) counts.set(channel, (counts.get(channel) ?? 0) + count)
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  }

  /** How much is kept: what must never grow without bound. */
  size(): number {
    return (
      this.rows.length + this.recent.length + this.pending.length + this.seconds.length + this.fitting.length
    )
  }

  private keep(row: Row): void {
    this.recent.push(row)
    if (this.recent.length > RECENT * 1.25) this.recent.splice(0, this.recent.length - RECENT)
  }

  private put(rows: Row[]): void {
    this.rows = [...rows.slice(-ROWS).reverse(), ...this.rows].slice(0, ROWS)
  }

  private again(): void {
    this.rows = []
    this.put(this.recent.filter((row) => row.kind === "gap" || fits(row.item, this.filter)))
  }

  private count(item: LiveItem, moment: number, now: number): void {
    const at = Math.floor(moment / 1_000)
    let place = this.seconds.length
    while (place && (this.seconds[place - 1] as Second).at > at) place -= 1
    let second = this.seconds[place - 1]
    if (second?.at !== at) {
      second = { at, total: 0, channels: new Map() }
      this.seconds.splice(place, 0, second)
      while ((this.seconds[0]?.at ?? at) <= now / 1_000 - SECONDS - 6) this.seconds.shift()
    }
    second.total += 1
    const known = second.channels.has(item.channel) || second.channels.size < CHANNELS
    const channel = known ? item.channel : ""
    second.channels.set(channel, (second.channels.get(channel) ?? 0) + 1)
  }

  private beat(now: number) {
    const at = Math.floor(now / 1_000)
    let newest = this.fitting.at(-1)
    if (!newest || newest.at !== at) {
      newest = { at, came: 0, drawn: 0 }
      this.fitting.push(newest)
      while (this.fitting.length > SHOWN_SECONDS + 2) this.fitting.shift()
    }
    return newest
  }
}

/** So many of the rows, spread evenly, the last always among them. */
export function evenly<One>(all: readonly One[], count: number): One[] {
  if (count >= all.length) return [...all]
  // multiplied first: a quotient that is a little too large would lead beyond the last
  return Array.from(
    { length: count },
    (_, place) => all[Math.ceil(((place + 1) * all.length) / count) - 1] as One,
  )
}
