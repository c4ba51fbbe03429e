/** Touchpoints where they stand -> the emotion curve: the mean of all answers in each sub-column, and where it is sure. */
import type { Touchpoint } from "./graph/graph"
import type { Grid } from "./layout/types"

/** Below that many answers the curve is dashed. */
export const ENOUGH = 30

export interface Mood {
  x: number
  mean: number
  sd: number
  n: number
  stage: number
}

export function moods(grid: Grid, touchpoints: readonly Touchpoint[]): Mood[] {
  const columns = new Map<string, { x: number; stage: number; parts: [number, number, number][] }>()
  for (const { id, node } of touchpoints) {
    const disc = grid.at.get(id)
    const column = disc && grid.columns[disc.stage]
    if (!disc || !column || node.emotion === null || !node.emotion_n) continue
    const folded = grid.rows[disc.row]?.folded
    const x = folded ? column.x + (column.width * (disc.sub + 0.5)) / column.subs : disc.x
    const key = `${disc.stage} ${disc.sub}`
    const found = columns.get(key) ?? { x, stage: disc.stage, parts: [] }
    found.parts.push([node.emotion, node.emotion_sd ?? 0, node.emotion_n])
    columns.set(key, found)
  }
  return [...columns.values()]
    .map(({ x, stage, parts }) => ({ x, stage, ...pooled(parts) }))
    .sort((a, b) => a.x - b.x)
}

/** Means and spreads of parts -> of all answers together. */
export function pooled(parts: readonly [number, number, number][]): { mean: number; sd: number; n: number } {
  const n = parts.reduce((sum, [, , count]) => sum + count, 0)
  const mean = parts.reduce((sum, [value, , count]) => sum + value * count, 0) / n
  const squares = parts.reduce(
    (sum, [value, sd, count]) => sum + sd * sd * (count - 1) + count * (value - mean) ** 2,
    0,
  )
  return { mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, n }
}
