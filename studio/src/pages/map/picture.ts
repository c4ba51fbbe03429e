/** Grid, graph and what is shown -> the picture: how large, how wide, where, and which numbers are told. Pure. */
import { duration, short } from "@/text/format"
import { COVERAGE } from "./address"
import { pointsTold } from "./compare"
import { type ChangedNode, type Changes, wayOf } from "./graph/changes"
import { cover, type Shown } from "./graph/cover"
import type { Graph, Link } from "./graph/graph"
import { LEAST_RADIUS, MOST_RADIUS } from "./layout/grid"
import { LINE_HEIGHT, reckoned } from "./layout/names"
import { type Box, meets, placed, type Told } from "./layout/numbers"
import { type Ribbon, ribbons, scaleOf } from "./layout/ribbons"
import type { Grid } from "./layout/types"

const NUMBERS = 14
const FOCUSED_NUMBERS = 14

export interface Picture {
  radii: ReadonlyMap<string, number>
  ribbons: readonly Ribbon<Link>[]
  byKey: ReadonlyMap<string, Ribbon<Link>>
}

/** Discs as large as their room allows, all by one measure, so that areas compare. */
export function radiiOf(grid: Grid, graph: Graph): Map<string, number> {
  let measure = Number.POSITIVE_INFINITY
  for (const { id, customers } of graph.touchpoints) {
    const disc = grid.at.get(id)
    if (!disc || grid.rows[disc.row]?.folded || customers <= 0) continue
    measure = Math.min(measure, (disc.r - LEAST_RADIUS) / Math.sqrt(customers))
    measure = Math.min(measure, (MOST_RADIUS - LEAST_RADIUS) / Math.sqrt(customers))
  }
  if (!Number.isFinite(measure)) measure = 0
  return new Map(
    graph.touchpoints.map(({ id, customers }) => {
      const disc = grid.at.get(id)
      const folded = disc && grid.rows[disc.row]?.folded
      return [id, folded ? disc.r : LEAST_RADIUS + measure * Math.sqrt(Math.max(0, customers))]
    }),
  )
}

export function pictureOf(grid: Grid, graph: Graph, shown: Shown): Picture {
  const radii = radiiOf(grid, graph)
  const drawn = ribbons(grid, shown.links, scaleOf(usual(graph)), radii)
  return { radii, ribbons: drawn, byKey: new Map(drawn.map((ribbon) => [ribbon.link.key, ribbon])) }
}

/** The links a map shows at first: what is wide there stays as wide when the sliders move. */
function usual(graph: Graph): readonly Link[] {
  return cover(graph, graph.touchpoints.length, COVERAGE / 100).links
}

export type Mode = "customers" | "time" | "change"

/** So many changes are told on their links. */
const CHANGED_NUMBERS = 24

/** What is told of changes beyond chance: on the links, and beside the discs; what fits nowhere is in the panel. */
export function changeNumbersOf(
  grid: Grid,
  picture: Picture,
  changes: Changes,
  focus: ReadonlySet<string> | null,
): { links: Told[]; discs: Told[] } {
  const taken = boxesOf(grid, picture.radii)
  const wanted = picture.ribbons
    .flatMap((ribbon) => {
      const edge = changes.moves.get(ribbon.link.key)
      const told = focus ? focus.has(ribbon.link.key) && edge : edge?.flagged && edge
      if (!told) return []
      const size = Math.abs(told.change ?? 0)
      return [
        { ribbon, key: ribbon.link.key, text: pointsTold(told.change), way: wayOf(told) ?? undefined, size },
      ]
    })
    .toSorted((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1))
    .slice(0, CHANGED_NUMBERS)
  const links = placed(wanted, taken, true)
  const boxes = [...taken, ...links.map(boxOf)]
  const discs = focus ? [] : changes.reached.flatMap((node) => beside(grid, picture.radii, node, boxes))
  return { links, discs }
}

/** A text of a change takes this much room. */
const boxOf = ({ x, y, text }: Told): Box => {
  const w = text.length * 6.2 + 4
  return { x: x - w / 2, y: y - 12, w, h: 16 }
}

/** Under the name of a disc, above the disc, or right or left of it. */
function beside(grid: Grid, radii: Picture["radii"], node: ChangedNode, boxes: Box[]): Told[] {
  const disc = grid.at.get(node.id)
  if (!disc || grid.rows[disc.row]?.folded) return []
  const text = pointsTold(node.change)
  const r = radii.get(node.id) ?? LEAST_RADIUS
  const half = (text.length * 6.2 + 4) / 2
  const spots: [number, number][] = [
    [disc.x, disc.y + r + 15 + LINE_HEIGHT * disc.names.length],
    [disc.x, disc.y - r - 8],
    [disc.x + r + half + 6, disc.y + 4],
    [disc.x - r - half - 6, disc.y + 4],
  ]
  for (const [x, y] of spots) {
    const told = { key: node.id, text, x, y, way: wayOf(node) ?? undefined }
    const box = boxOf(told)
    if (box.x < 0 || boxes.some((other) => meets(box, other))) continue
    boxes.push(box)
    return [told]
  }
  return []
}

/** The numbers of the largest links, or of those at the touchpoint in focus. */
export function numbersOf(
  grid: Grid,
  picture: Picture,
  mode: Mode,
  focus: ReadonlySet<string> | null,
): Told[] {
  const links = focus
    ? picture.ribbons.filter(({ link }) => focus.has(link.key))
    : picture.ribbons.filter(({ link }) => mode !== "time" || link.edge.median_seconds !== null)
  const wanted = links
    .toSorted((a, b) => b.link.customers - a.link.customers || (a.link.key < b.link.key ? -1 : 1))
    .slice(0, focus ? FOCUSED_NUMBERS : NUMBERS)
    .map((ribbon) => ({ ribbon, key: ribbon.link.key, text: numberOf(ribbon.link, mode, focus !== null) }))
  return placed(wanted, boxesOf(grid, picture.radii))
}

function numberOf({ customers, edge }: Link, mode: Mode, both: boolean): string {
  const time = edge.median_seconds === null ? "" : duration(edge.median_seconds)
  if (both) return time ? `${short(customers)} · ${time}` : short(customers)
  return mode === "time" ? time : short(customers)
}

/** What numbers must not cover: discs and names. */
function boxesOf(grid: Grid, radii: ReadonlyMap<string, number>): Box[] {
  return grid.discs.flatMap(({ id, x, y, names }) => {
    const r = radii.get(id) ?? LEAST_RADIUS
    const w = Math.max(0, ...names.map(reckoned))
    return [
      { x: x - r - 4, y: y - r - 4, w: 2 * r + 8, h: 2 * r + 8 },
      { x: x - w / 2, y: y + r + 4, w, h: LINE_HEIGHT * names.length + 2 },
    ]
  })
}
