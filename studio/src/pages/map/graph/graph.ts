/** The hub's answer -> the graph the page draws: touchpoints with a stage each, links, loops, how each ends. */
import type { Schemas } from "@/api/client"
import { placeStages } from "./stages"

export type Answer = Schemas["MapAnswer"]
export type Node = Schemas["MapNode"]
export type Edge = Schemas["MapEdge"]

export const NONE = "(none)"

export interface Touchpoint {
  id: string
  label: string
  channel: string
  /** Index of its stage. */
  stage: number
  /** The catalogue names no stage for it: Harken placed it. */
  placed: boolean
  customers: number
  /** How many touchpoints it stands for: more than 1 for a closed group, or what is left of an opened one. */
  members: number
  /** It is what is left of an opened group. */
  rest: boolean
  group: string
  node: Node
}

export interface Link {
  key: string
  /** Short and without odd letters, for gradients. */
  id: string
  from: string
  to: string
  customers: number
  edge: Edge
}

export interface Stage {
  id: string
  label: string
  /** Figures the hub counted; null for a stage that is Harken's own guess. */
  told: Schemas["MapStage"] | null
  /** Journeys that ended in it. */
  left: number
}

export interface Graph {
  answer: Answer
  touchpoints: readonly Touchpoint[]
  at: ReadonlyMap<string, Touchpoint>
  /** Moves between two touchpoints, most moves first. */
  links: readonly Link[]
  /** Moves from a touchpoint to itself. */
  loops: ReadonlyMap<string, Link>
  stages: readonly Stage[]
  /** The stages are Harken's guess: the catalogue names none. */
  guessed: boolean
}

/** The name as it is drawn: a closed group says of how many, a place Harken guessed has its mark. */
export function drawnName({ label, members, placed, rest }: Touchpoint): string {
  return `${label}${members > 1 && !rest ? ` ×${members}` : ""}${placed ? " ◇" : ""}`
}

export const linkKey = (from: string, to: string): string => `${from}\n${to}`

/** `like`: the graph whose stages are kept, so that a filtered answer lies on the same map. */
export function graphOf(answer: Answer, like?: Graph): Graph {
  const moves = answer.edges.filter((edge) => edge.kind === "move")
  const places = like ? likePlaces(answer, like) : placeStages(answer.nodes, moves, stageIds(answer))
  const touchpoints = answer.nodes.map((node) => touchpointOf(node, places))
  const links: Link[] = []
  const loops = new Map<string, Link>()
  for (const edge of moves) {
    const { from, to, customers } = edge
    const link = { key: linkKey(from, to), id: `e${links.length}`, from, to, customers, edge }
    if (edge.from === edge.to) loops.set(edge.from, link)
    else links.push(link)
  }
  links.sort((a, b) => b.edge.events - a.edge.events || b.customers - a.customers || (a.key < b.key ? -1 : 1))
  return {
    answer,
    touchpoints,
    at: new Map(touchpoints.map((one) => [one.id, one])),
    links,
    loops,
    stages: stagesOf(answer, places, touchpoints),
    guessed: places.guessed,
  }
}

export interface Places {
  of: ReadonlyMap<string, { stage: number; placed: boolean }>
  /** Stages by id, or the labels of guessed ones. */
  stages: readonly string[]
  guessed: boolean
}

/** Stages that have a name, in order. */
function stageIds(answer: Answer): string[] {
  return answer.stages.map(({ stage }) => stage).filter((stage) => stage && stage !== NONE)
}

function likePlaces(answer: Answer, like: Graph): Places {
  const of = new Map(like.touchpoints.map(({ id, stage, placed }) => [id, { stage, placed }]))
  const fresh = answer.nodes.filter(({ id }) => !of.has(id))
  const ids = like.stages.map(({ id }) => id)
  for (const node of fresh) {
    const member = like.touchpoints.find((one) => one.group && one.group === (node.group || node.id))
    const named = ids.indexOf(node.stage ?? "")
    of.set(node.id, { stage: named >= 0 ? named : (member?.stage ?? 0), placed: named < 0 })
  }
  return { of, stages: ids, guessed: like.guessed }
}

function touchpointOf(node: Node, places: Places): Touchpoint {
  const place = places.of.get(node.id) ?? { stage: 0, placed: true }
  return {
    id: node.id,
    label: node.label || node.id,
    channel: !node.channel || node.channel === NONE ? "" : node.channel,
    stage: place.stage,
    placed: place.placed && !places.guessed,
    customers: node.customers,
    members: node.touchpoints || 1,
    rest: false,
    group: node.group ?? "",
    node,
  }
}

function stagesOf(answer: Answer, places: Places, touchpoints: Touchpoint[]): Stage[] {
  const told = new Map(answer.stages.map((stage) => [stage.stage, stage]))
  const ends = new Map(
    answer.edges.filter(({ kind }) => kind === "end").map((edge) => [edge.from, edge.journeys]),
  )
  return places.stages.map((id, index) => {
    const own = told.get(id)
    const stage = places.guessed ? undefined : own
    const here = touchpoints.filter((one) => one.stage === index)
    // who was placed here by Harken is not in the hub's figure; a journey ends once, so these add up
    const counted = stage && !here.some(({ placed }) => placed)
    const left = counted ? stage.left : here.reduce((sum, one) => sum + (ends.get(one.id) ?? 0), 0)
    return { id, label: own?.label || id, told: stage ?? null, left }
  })
}
