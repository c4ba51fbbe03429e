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
