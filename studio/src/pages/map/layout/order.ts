/** Channels and the flow between them -> the order of rows that lets the flow cross the fewest rows. Exact to 14 channels. */
import type { Input } from "./types"

const EXACT = 14

/** Channels from top to bottom; those of earlier stages rather on top. */
export function rowOrder({ spots, flows }: Input): string[] {
  const volume = new Map<string, number>()
  for (const spot of spots) volume.set(spot.channel, (volume.get(spot.channel) ?? 0) + spot.customers)
  const byVolume = [...volume.keys()].sort(
    (a, b) => (volume.get(b) ?? 0) - (volume.get(a) ?? 0) || (a < b ? -1 : 1),
  )
  const searched = byVolume.slice(0, EXACT).sort()
  const order = leastCrossing(weights(searched, { spots, flows })).map((index) => searched[index] as string)
  return [...upright(order, spots), ...byVolume.slice(EXACT)]
}

/** Flow between each two channels, both directions together. */
function weights(channels: string[], { spots, flows }: Pick<Input, "spots" | "flows">): number[][] {
  const index = new Map(channels.map((channel, at) => [channel, at]))
  const channelOf = new Map(spots.map((spot) => [spot.id, index.get(spot.channel)]))
  const between = channels.map(() => channels.map(() => 0))
  for (const { from, to, customers } of flows) {
    const a = channelOf.get(from)
    const b = channelOf.get(to)
    if (a === undefined || b === undefined || a === b) continue
    add(between, a, b, customers)
    add(between, b, a, customers)
  }
  return between
}

function add(matrix: number[][], a: number, b: number, value: number): void {
  const row = matrix[a]
  if (row) row[b] = (row[b] ?? 0) + value
}

/** The linear arrangement of least Σ flow × rows crossed: over all sets of rows on top, what is cut below them. */
export function leastCrossing(between: number[][]): number[] {
  const n = between.length
  const sets = 1 << n
  const cut = new Float64Array(sets)
  const cost = new Float64Array(sets).fill(Number.POSITIVE_INFINITY)
  const last = new Int8Array(sets).fill(-1)
  cost[0] = 0
  for (let set = 1; set < sets; set++) {
    const low = 31 - Math.clz32(set & -set)
    const rest = set & ~(1 << low)
    let change = 0
    for (let other = 0; other < n; other++)
      if (other !== low) change += (rest >> other) & 1 ? -at(between, low, other) : at(between, low, other)
    cut[set] = (cut[rest] as number) + change
    for (let one = 0; one < n; one++) {
      if (!((set >> one) & 1)) continue
      const before = cost[set & ~(1 << one)] as number
      if (before < (cost[set] as number)) {
        cost[set] = before
        last[set] = one
      }
    }
    cost[set] = (cost[set] as number) + (cut[set] as number)
  }
  const order: number[] = []
  for (let set = sets - 1; set > 0; ) {
    const one = last[set] as number
    order.unshift(one)
    set &= ~(1 << one)
  }
  return order
}

const at = (matrix: number[][], a: number, b: number): number => matrix[a]?.[b] ?? 0

/** The order or its mirror: the one with the earlier stages on top. */
function upright(order: string[], spots: Input["spots"]): string[] {
  const sums = new Map<string, [number, number]>()
  for (const { channel, stage, customers } of spots) {
    const [sum, weight] = sums.get(channel) ?? [0, 0]
    sums.set(channel, [sum + stage * (customers + 1), weight + customers + 1])
  }
  const mid = (order.length - 1) / 2
  let slope = 0
  order.forEach((channel, row) => {
    const [sum, weight] = sums.get(channel) ?? [0, 1]
    slope += (row - mid) * (sum / weight)
  })
  return slope < 0 ? order.toReversed() : order
}
