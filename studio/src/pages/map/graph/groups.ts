/** The whole map and the groups somebody opened -> which touchpoints stand on their own. The hub counts the rest. */
import type { Graph, Touchpoint } from "./graph"

/** With more touchpoints than that, groups are closed at first. */
export const CLOSED_FROM = 60
/** So many of an opened group stand on their own. */
const TOP = 7
/** So many discs of opened groups a cell holds at most. */
const CELL = 12

export type Groups = ReadonlyMap<string, readonly Touchpoint[]>

/** Groups of two or more, each with its touchpoints, most customers first; none when the map is small enough. */
export function groupsOf(plain: Graph): Groups {
  const groups = new Map<string, Touchpoint[]>()
  if (plain.touchpoints.length <= CLOSED_FROM) return groups
  for (const touchpoint of plain.touchpoints) {
    if (!touchpoint.group) continue
    const group = groups.get(touchpoint.group)
    if (group) group.push(touchpoint)
    else groups.set(touchpoint.group, [touchpoint])
  }
  for (const [name, group] of groups) if (group.length < 2) groups.delete(name)
  return groups
}

/** The touchpoints of opened groups that stand on their own: the largest, as many as their cell has room for. */
export function apart(closed: Graph, groups: Groups, open: readonly string[]): string[] {
  const cells = new Map<string, number>()
  return open.flatMap((name) => {
    const group = groups.get(name)
    const node = closed.at.get(name)
    if (!group || !node) return []
    const here = cells.get(cellOf(node)) ?? 0
    const most = Math.max(1, Math.min(TOP, CELL - here))
    // one left over would be a disc called "1 more": it stands on its own too
    const own = group.slice(0, group.length - most <= 1 ? group.length : most).map(({ id }) => id)
    cells.set(cellOf(node), here + own.length)
    return own
  })
}

const cellOf = ({ stage, channel }: Touchpoint): string => `${stage} ${channel}`

/** What is left of an opened group is called by how many it is. */
export function renamed(graph: Graph, open: readonly string[], name: (members: number) => string): Graph {
  const opened = new Set(open)
  if (!graph.touchpoints.some(({ id, members }) => members > 1 && opened.has(id))) return graph
  const touchpoints = graph.touchpoints.map((one) =>
    one.members > 1 && opened.has(one.id)
      ? { ...one, label: name(one.members), group: one.id, rest: true }
      : one,
  )
  return { ...graph, touchpoints, at: new Map(touchpoints.map((one) => [one.id, one])) }
}
