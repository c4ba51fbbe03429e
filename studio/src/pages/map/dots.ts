/** What is heard -> dots that travel the links and rings where customers appear. Pure: times are given. */
import type { Curve } from "./layout/ribbons"

/** More than that at once are not drawn. */
export const MOST_DOTS = 400
/** How long a dot is under way, and a ring to be seen. */
export const TRAVEL_MS = 1_600
export const RING_MS = 900

export interface Dot {
  curve: Curve
  channel: string
  began: number
}

export interface Ring {
  id: string
  channel: string
  began: number
}

/** Where each customer was seen last; the oldest are forgotten. */
export class Whereabouts {
  private readonly last = new Map<string, string>()

  constructor(private readonly most = 20_000) {}

  /** The place before, and remember this one. */
  moved(customer: string, to: string): string | undefined {
    const before = this.last.get(customer)
    this.last.delete(customer)
    this.last.set(customer, to)
    if (this.last.size > this.most) this.last.delete(this.last.keys().next().value as string)
    return before
  }
}

/** Those still under way, and the new one unless there are too many. */
export function joined<Moving extends Dot | Ring>(
  now: readonly Moving[],
  next: Moving,
  life: number,
): Moving[] {
  const alive = now.filter(({ began }) => next.began - began < life)
  return alive.length < MOST_DOTS ? [...alive, next] : alive
}

export const DAY_MS = 86_400_000
/** A day is replayed in that long. */
export const DAY_TAKES_MS = 20_000

export interface Move {
  from: string
  to: string
  /** Since the day began. */
  at: number
}

/** The hub's moves by when they are due, in order. */
export function spread(moves: readonly { from: string; to: string; at: string }[], midnight: number): Move[] {
  return moves
    .map(({ from, to, at }) => ({ from, to, at: Date.parse(at) - midnight }))
    .sort((a, b) => a.at - b.at)
}

/** Those due from one moment on and before another. */
export function dueBetween(moves: readonly Move[], from: number, to: number): readonly Move[] {
  return moves.slice(first(moves, from), first(moves, to))
}

function first(moves: readonly Move[], at: number): number {
  let low = 0
  let high = moves.length
  while (low < high) {
    const mid = (low + high) >> 1
    if ((moves[mid] as Move).at < at) low = mid + 1
    else high = mid
  }
  return low
}
