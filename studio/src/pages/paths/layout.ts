/** The flow in, where each bar and ribbon is out: columns are steps, heights are walks, and what flows in flows out. */
import type { FlowLink, FlowNode } from "./model"

export interface Bar {
  node: FlowNode
  x: number
  y: number
  height: number
}

export interface Ribbon {
  link: FlowLink
  from: Bar
  to: Bar
  path: string
  width: number
}

export interface Laid {
  bars: Bar[]
  ribbons: Ribbon[]
  /** Left edge of each column, by step. */
  columns: Map<number, number>
  height: number
  column: number
}

export interface Room {
  width: number
  height: number
  /** Steps go from right to left. */
  back: boolean
}

export const BAR = 12
/** Between two bars: as much as a name below the bar above needs. */
const GAP = 20
const TOP = 4
const LAST = { node: 0, other: 1, more: 2, open: 3, end: 4, start: 4, before: 5, anchor: 0 } as const

export const keyOf = (step: number, id: string): string => `${step} ${id}`

export function layout(nodes: readonly FlowNode[], links: readonly FlowLink[], room: Room): Laid {
  const steps = [...new Set(nodes.map(({ step }) => step))].sort((a, b) => a - b)
  const column = room.width / Math.max(1, steps.length)
  const columns = new Map(steps.map((step, at) => [step, (room.back ? steps.length - 1 - at : at) * column]))
  const of = (step: number) => nodes.filter((node) => node.step === step)
  const most = Math.max(...steps.map((step) => of(step).length), 1)
  const height = Math.max(room.height, most * (GAP + 8))
  const scale = Math.min(
    ...steps.map((step) => {
      const here = of(step)
      const all = here.reduce((sum, { walks }) => sum + walks, 0)
      return (height - TOP - (here.length - 1) * GAP - 16) / Math.max(1, all)
    }),
  )
  const bars = new Map<string, Bar>()
  const into = by(links, (link) => keyOf(link.step, link.to))
  for (const step of steps) {
    const wanted = of(step).map((node) => {
      const sources = (into.get(keyOf(step, node.id)) ?? [])
        .map((link) => ({ link, bar: bars.get(keyOf(step - 1, link.from)) }))
        .filter((one): one is { link: FlowLink; bar: Bar } => one.bar !== undefined)
      const weight = sources.reduce((sum, { link }) => sum + link.walks, 0)
      const center = sources.reduce((sum, { link, bar }) => sum + link.walks * (bar.y + bar.height / 2), 0)
      const tall = Math.max(2, node.walks * scale)
      return { node, tall, y: weight ? center / weight - tall / 2 : 0 }
    })
    wanted.sort(
      (a, b) =>
        LAST[a.node.kind] - LAST[b.node.kind] ||
        (step === steps[0] ? b.node.walks - a.node.walks : a.y - b.y) ||
        (a.node.id < b.node.id ? -1 : 1),
    )
    let free = TOP
    for (const one of wanted) {
      one.y = Math.max(free, one.y)
      free = one.y + one.tall + GAP
    }
    let bottom = height - 8
    for (const one of wanted.toReversed()) {
      one.y = Math.min(one.y, bottom - one.tall)
      bottom = one.y - GAP
    }
    for (const { node, tall, y } of wanted)
      bars.set(keyOf(step, node.id), { node, x: columns.get(step) ?? 0, y, height: tall })
  }
  return {
    bars: [...bars.values()],
    ribbons: ribbonsOf(links, bars, scale, room.back),
    columns,
    height,
    column,
  }
}

/** Ribbons leave and arrive in the order of their far ends, so that they do not cross at a bar. */
function ribbonsOf(
  links: readonly FlowLink[],
  bars: ReadonlyMap<string, Bar>,
  scale: number,
  back: boolean,
): Ribbon[] {
  const ends = links
    .map((link) => ({
      link,
      from: bars.get(keyOf(link.step - 1, link.from)),
      to: bars.get(keyOf(link.step, link.to)),
    }))
    .filter((one): one is { link: FlowLink; from: Bar; to: Bar } => Boolean(one.from && one.to))
  const leaves = new Map<FlowLink, number>()
  const arrives = new Map<FlowLink, number>()
  const stack = (
    grouped: Map<string, typeof ends>,
    own: "from" | "to",
    far: "from" | "to",
    at: Map<FlowLink, number>,
  ) => {
    for (const list of grouped.values()) {
      let y = list[0]?.[own].y ?? 0
      for (const { link } of list.toSorted((a, b) => a[far].y - b[far].y)) {
        at.set(link, y + (link.walks * scale) / 2)
        y += link.walks * scale
      }
    }
  }
  stack(
    by(ends, ({ link }) => keyOf(link.step - 1, link.from)),
    "from",
    "to",
    leaves,
  )
  stack(
    by(ends, ({ link }) => keyOf(link.step, link.to)),
    "to",
    "from",
    arrives,
  )
  return ends.map(({ link, from, to }) => {
    const [x0, x1] = back ? [from.x, to.x + BAR] : [from.x + BAR, to.x]
    const [y0, y1] = [leaves.get(link) ?? 0, arrives.get(link) ?? 0]
    const middle = (x0 + x1) / 2
    return {
      link,
      from,
      to,
      width: Math.max(0.6, link.walks * scale),
      path: `M${r(x0)} ${r(y0)}C${r(middle)} ${r(y0)} ${r(middle)} ${r(y1)} ${r(x1)} ${r(y1)}`,
    }
  })
}

const r = (value: number): string => value.toFixed(1)

function by<One>(list: readonly One[], key: (one: One) => string): Map<string, One[]> {
  const found = new Map<string, One[]>()
  for (const one of list) {
    const there = found.get(key(one))
    if (there) there.push(one)
    else found.set(key(one), [one])
  }
  return found
}
