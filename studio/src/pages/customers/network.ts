/** Identifiers and the evidence between them -> where each is drawn around the customer, the same every time.
 *
 * The customer stands in the middle. What names a person grows to the left, devices grow to the right, each one beyond
 * the identifier it hangs on. Every leaf has a row of its own, so nothing overlaps; what has no room is counted.
 */
import { isDevice } from "./who"

export interface Node {
  id: string
  kind: string
  value: string
  /** `member` of this customer, `quarantined` (not followed), `other` (somebody else's or refused). */
  state: "member" | "quarantined" | "other"
}

export interface Evidence {
  a_id: string
  b_id: string
  a: string
  b: string
  how: string
  state: string
  verified: boolean
  order: number
}

/** `strong`: signed in, verified or by hand. `weak`: seen together. `loose`: not followed. */
export type Strength = "strong" | "weak" | "loose"

export interface Tie<One extends Evidence> {
  key: string
  from: string
  to: string
  strength: Strength
  evidence: One[]
}

export interface Placed extends Node {
  /** The middle of its box. */
  x: number
  y: number
  width: number
  height: number
  depth: number
}

export interface Drawn<One extends Evidence> extends Tie<One> {
  path: string
  x: number
  y: number
  /** It does not hold the picture together: another way leads there. */
  extra: boolean
}

export interface Network<One extends Evidence> {
  width: number
  height: number
  nodes: Placed[]
  ties: Drawn<One>[]
  hidden: number
}

export const BOX = 178
export const HIGH = 44
const ROW = 56
const GAP = 66
/** Where there is little room, boxes and the ways between them are narrower, down to these. */
const LEAST = { box: 132, gap: 28 }
const MIDDLE = 116
const MARGIN = 10
/** How far a line around a column bends out. */
const BOW = 34
/** The customer's disc: ties end at it rather than at the name below. */
export const DISC = { radius: 24, up: 17 }
/** Rows on one side; what is beyond them stands in the table. */
const MOST = 24

/** What a link is worth: one verified, by hand, or that saw a device signed in by an account holds firmly. */
export function strength(link: Evidence): Strength {
  if (link.state !== "united") return "loose"
  if (link.verified || link.how === "operator") return "strong"
  const kinds = [link.a, link.b].map((name) => name.slice(0, name.indexOf(":")))
  const account = kinds.some((kind) => kind === "user_id" || kind === "crm" || kind === "loyalty")
  return account && link.how === "event" && kinds.some(isDevice) ? "strong" : "weak"
}

/** All evidence between the same two identifiers as one tie, as firm as its firmest. */
export function ties<One extends Evidence>(links: readonly One[]): Tie<One>[] {
  const found = new Map<string, Tie<One>>()
  const rank: Strength[] = ["strong", "weak", "loose"]
  for (const link of links) {
    if (link.a_id === link.b_id) continue
    const key = [link.a_id, link.b_id].sort().join("~")
    const tie = found.get(key) ?? { key, from: link.a_id, to: link.b_id, strength: "loose", evidence: [] }
    tie.evidence.push(link)
    const told = strength(link)
    if (rank.indexOf(told) < rank.indexOf(tie.strength)) tie.strength = told
    found.set(key, tie)
  }
  return [...found.values()].sort((a, b) => first(a) - first(b) || (a.key < b.key ? -1 : 1))
}

function first(tie: Tie<Evidence>): number {
  return Math.min(...tie.evidence.map((one) => one.order || Number.MAX_SAFE_INTEGER))
}

interface Branch {
  node: Node
  children: Branch[]
}

/** How wide boxes and gaps are, that so many columns fit into a room if they can. */
function sizes(columns: number, room: number): Sizes {
  const each = (room - MIDDLE - 2 * MARGIN) / Math.max(1, columns)
  const share = (each - LEAST.box - LEAST.gap) / (BOX + GAP - LEAST.box - LEAST.gap)
  const part = Math.min(1, Math.max(0, share))
  return {
    box: Math.round(LEAST.box + part * (BOX - LEAST.box)),
    gap: Math.round(LEAST.gap + part * (GAP - LEAST.gap)),
  }
}

interface Sizes {
  box: number
  gap: number
}

/** The picture around `anchor`, the identifier the customer is named after; as wide as the room where that can be. */
export function network<One extends Evidence>(
  nodes: readonly Node[],
  links: readonly One[],
  anchor: string,
  room = Number.POSITIVE_INFINITY,
): Network<One> {
  const tied = ties(links)
  const branches = grown(nodes, tied, anchor)
  const sides = parted(branches.get(anchor)?.children ?? [])
  const shown = sides.map((side) => fitting(side))
  const placed: Placed[] = []
  const wide = sizes(
    shown.reduce((sum, side) => sum + depth(side), 0),
    room,
  )
  const heights = shown.map((side) => Math.max(1, rows(side)) * ROW)
  const height = Math.max(...heights, ROW * 2) + MARGIN * 2
  shown.forEach((side, which) => {
    let y = (height - rows(side) * ROW) / 2
    for (const branch of side) y = place(branch, which ? 1 : -1, 1, y, { placed, ...wide })
  })
  const root = nodes.find((node) => node.id === anchor)
  if (root) placed.push({ ...root, x: 0, y: height / 2, width: MIDDLE, height: 84, depth: 0 })
  const columns = new Map(placed.map((one) => [one.id, one.x]))
  const bent = tied.flatMap(({ from, to }) =>
    columns.get(from) === columns.get(to) ? [columns.get(from) ?? 0] : [],
  )
  const reach = (side: -1 | 1) =>
    Math.max(
      0,
      ...placed.map((one) => side * one.x + one.width / 2),
      ...bent.map((x) => side * x + wide.box / 2 + BOW),
    ) + MARGIN
  const [left, right] = [-reach(-1), reach(1)]
  for (const one of placed) one.x -= left
  const parents = new Map<string, string>()
  for (const branch of branches.values())
    for (const child of branch.children) parents.set(child.node.id, branch.node.id)
  return {
    width: right - left,
    height,
    nodes: placed,
    ties: drawn(tied, placed, parents),
    hidden: nodes.length - placed.length,
  }
}

/** Every identifier below the one it is tied to, the shortest way from the anchor; unties hang on the anchor itself. */
function grown<One extends Evidence>(
  nodes: readonly Node[],
  tied: readonly Tie<One>[],
  anchor: string,
): Map<string, Branch> {
  const branches = new Map(nodes.map((node) => [node.id, { node, children: [] as Branch[] }]))
  const beside = new Map<string, Tie<One>[]>()
  for (const tie of tied)
    for (const end of [tie.from, tie.to]) beside.set(end, [...(beside.get(end) ?? []), tie])
  const seen = new Set([anchor])
  const waiting = [anchor]
  const follow = (followed: (tie: Tie<One>) => boolean) => {
    for (let place = 0; place < waiting.length; place++) {
      const id = waiting[place] as string
      for (const tie of beside.get(id) ?? []) {
        const other = tie.from === id ? tie.to : tie.from
        const branch = branches.get(other)
        if (!branch || seen.has(other) || !followed(tie)) continue
        seen.add(other)
        branches.get(id)?.children.push(branch)
        if (branch.node.state === "member") waiting.push(other)
      }
    }
  }
  follow((tie) => tie.strength !== "loose")
  waiting.splice(0, waiting.length, ...seen)
  follow(() => true)
  const root = branches.get(anchor)
  for (const [id, branch] of branches) if (!seen.has(id)) root?.children.push(branch)
  return branches
}

/** Persons' identifiers on the left, devices on the right; when there is only one sort, half on each side. */
function parted(children: readonly Branch[]): [Branch[], Branch[]] {
  const left = children.filter((one) => !isDevice(one.node.kind))
  const right = children.filter((one) => isDevice(one.node.kind))
  const only = left.length ? left : right
  if (left.length && right.length) return [left, right]
  const half = Math.ceil(only.length / 2)
  return [only.slice(0, half), only.slice(half)]
}

function leaves(branch: Branch): number {
  return branch.children.length ? rows(branch.children) : 1
}

function depth(side: readonly Branch[]): number {
  return Math.max(0, ...side.map((one) => 1 + depth(one.children)))
}

function rows(side: readonly Branch[]): number {
  return side.reduce((sum, one) => sum + leaves(one), 0)
}

/** The branches that fit into the rows of one side; one that does not is cut down to what does. */
function fitting(side: readonly Branch[], room = MOST): Branch[] {
  const found: Branch[] = []
  let left = room
  for (const branch of side) {
    if (left < 1) break
    const whole = leaves(branch) <= left ? branch : { ...branch, children: fitting(branch.children, left) }
    found.push(whole)
    left -= leaves(whole)
  }
  return found
}

/** Puts a branch in the rows from `y` on; gives where the next one begins. */
function place(
  branch: Branch,
  side: -1 | 1,
  depth: number,
  y: number,
  into: Sizes & { placed: Placed[] },
): number {
  const { box, gap, placed } = into
  const x = side * (MIDDLE / 2 + gap + box / 2 + (depth - 1) * (box + gap))
  let end = y
  for (const child of branch.children) end = place(child, side, depth + 1, end, into)
  if (!branch.children.length) end = y + ROW
  placed.push({ ...branch.node, x, y: (y + end) / 2, width: box, height: HIGH, depth })
  return end
}

function drawn<One extends Evidence>(
  tied: readonly Tie<One>[],
  placed: readonly Placed[],
  parents: ReadonlyMap<string, string>,
): Drawn<One>[] {
  const at = new Map(placed.map((one) => [one.id, one]))
  return tied.flatMap((tie) => {
    const [a, b] = [at.get(tie.from), at.get(tie.to)]
    if (!a || !b) return []
    const [near, far] = a.depth <= b.depth ? [a, b] : [b, a]
    const extra = parents.get(far.id) !== near.id
    const side = far.x < near.x ? -1 : 1
    // side by side in one column: around the outside; else from one box's edge to the other's
    const [x1, x2] =
      near.x === far.x
        ? [near.x + (near.width / 2) * bow(near, at), far.x + (far.width / 2) * bow(near, at)]
        : [near.x + side * (near.depth ? near.width / 2 : DISC.radius), far.x - (side * far.width) / 2]
    const y1 = near.depth ? near.y : near.y - DISC.up
    const pull = near.x === far.x ? ((bow(near, at) * BOW) / 3) * 4 : (x2 - x1) / 2
    const path = `M${x1} ${y1}C${x1 + pull} ${y1} ${near.x === far.x ? x2 + pull : x2 - pull} ${far.y} ${x2} ${far.y}`
    const middle = near.x === far.x ? x1 + pull * 0.75 : (x1 + x2) / 2
    return [{ ...tie, path, x: middle, y: (y1 + far.y) / 2, extra }]
  })
}

/** To which side a line around a column bends: away from the customer. */
function bow(node: Placed, at: ReadonlyMap<string, Placed>): 1 | -1 {
  const middle = [...at.values()].find((one) => one.depth === 0)
  return middle && node.x < middle.x ? -1 : 1
}
