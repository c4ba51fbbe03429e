/** The hub's comparison -> what the map draws of it: changes beyond chance by link and touchpoint, strongest first. */
import type { Schemas } from "@/api/client"
import type { Shown } from "./cover"
import { type Graph, type Link, linkKey } from "./graph"

export type Comparison = Schemas["MapComparison"]
export type ChangedEdge = Schemas["ChangedEdge"]
export type ChangedNode = Schemas["ChangedNode"]

/** Which way something changed beyond chance. */
export type Way = "more" | "less"

export interface Changes {
  comparison: Comparison
  /** How the chance of each next step changed, by the key of its link; beyond chance or not. */
  moves: ReadonlyMap<string, ChangedEdge>
  /** The same for leaving, by touchpoint. */
  ends: ReadonlyMap<string, ChangedEdge>
  nodes: ReadonlyMap<string, ChangedNode>
  /** Next steps, beginnings and endings that changed beyond chance, the largest change first. */
  movers: readonly ChangedEdge[]
  /** Touchpoints that more or fewer customers came to, beyond chance. */
  reached: readonly ChangedNode[]
}

export function changesOf(comparison: Comparison): Changes {
  const moves = new Map<string, ChangedEdge>()
  const ends = new Map<string, ChangedEdge>()
  for (const edge of comparison.edges) {
    if (edge.kind === "move") moves.set(linkKey(edge.from, edge.to), edge)
    else if (edge.kind === "end") ends.set(edge.from, edge)
  }
  return {
    comparison,
    moves,
    ends,
    nodes: new Map(comparison.nodes.map((node) => [node.id, node])),
    movers: comparison.edges.filter(({ flagged }) => flagged),
    reached: comparison.nodes.filter(({ flagged }) => flagged),
  }
}

export function wayOf(changed: { flagged: boolean; change: number | null } | undefined): Way | null {
  if (!changed?.flagged || !changed.change) return null
  return changed.change > 0 ? "more" : "less"
}

/** What is drawn: what the sliders show, and every link that changed beyond chance, also one nobody takes any more. */
export function withChanged(shown: Shown, graph: Graph, changes: Changes): Shown {
  const drawn = new Set(shown.links.map(({ key }) => key))
  const all = new Map(graph.links.map((link) => [link.key, link]))
  const extra = changes.movers.flatMap((edge): Link[] => {
    const key = linkKey(edge.from, edge.to)
    const there = shown.ids.has(edge.from) && shown.ids.has(edge.to)
    if (edge.kind !== "move" || edge.from === edge.to || drawn.has(key) || !there) return []
    return [all.get(key) ?? gone(edge, key)]
  })
  return extra.length ? { ...shown, links: [...shown.links, ...extra] } : shown
}

/** A link that was there before and is not now. */
function gone({ from, to }: ChangedEdge, key: string): Link {
  const edge = {
    from,
    to,
    kind: "move",
    customers: 0,
    journeys: 0,
    events: 0,
    p_out: null,
    median_seconds: null,
    p90_seconds: null,
  }
  return { key, id: `g${key.length}-${key.replaceAll(/\W/g, "")}`, from, to, customers: 0, edge }
}
