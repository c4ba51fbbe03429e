/** A disc and an arrow key -> the next disc: along the strongest link, or up and down within the column. Pure. */
import type { Link } from "./graph/graph"
import type { Grid } from "./layout/types"

export type Arrow = "ArrowRight" | "ArrowLeft" | "ArrowUp" | "ArrowDown"

export function isArrow(key: string): key is Arrow {
  return key === "ArrowRight" || key === "ArrowLeft" || key === "ArrowUp" || key === "ArrowDown"
}

/** `shown`: the discs that are there now; others are passed by. */
export function walk(
  grid: Grid,
  links: readonly Link[],
  shown: ReadonlySet<string>,
  from: string,
  key: Arrow,
): string | undefined {
  const here = grid.at.get(from)
  if (!here) return undefined
  if (key === "ArrowUp" || key === "ArrowDown") {
    const way = key === "ArrowDown" ? 1 : -1
    return grid.discs
      .filter((disc) => shown.has(disc.id) && Math.abs(disc.x - here.x) < 2 && (disc.y - here.y) * way > 0)
      .toSorted((a, b) => (a.y - b.y) * way)[0]?.id
  }
  const onward = key === "ArrowRight"
  const ends = links
    .filter((link) => (onward ? link.from : link.to) === from)
    .toSorted((a, b) => b.customers - a.customers || (a.key < b.key ? -1 : 1))
    .map((link) => grid.at.get(onward ? link.to : link.from))
    .filter((disc) => disc !== undefined)
  const ahead = ends.find((disc) => (onward ? disc.x > here.x + 2 : disc.x < here.x - 2))
  return (ahead ?? ends[0])?.id
}

/** Where the walk begins: the largest touchpoint of the first stage that has one. */
export function begin(grid: Grid, ids: readonly string[]): string | undefined {
  return ids
    .map((id) => grid.at.get(id))
    .filter((disc) => disc !== undefined)
    .toSorted((a, b) => a.stage - b.stage || b.r - a.r)[0]?.id
}
