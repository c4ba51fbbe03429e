/** Random maps, the same for the same seed. */
import type { Answer, Edge, Node } from "../../src/pages/map/graph/graph"

export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = state
    value = Math.imul(value ^ (value >>> 15), value | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

const CHANNELS = ["web", "app", "message", "call_center", "store", "chat", "social", "kiosk", "tv", "(none)"]

export interface Wanted {
  touchpoints: number
  links?: number
  stages?: number
  channels?: number
  /** Share of touchpoints the catalogue knows. */
  known?: number
  groups?: number
}

/** An answer such as the hub gives, made up. */
export function answer(seed: number, wanted: Wanted): Answer {
  const random = chance(seed)
  const { touchpoints, stages = 5, channels = 6, known = 1, groups = 0 } = wanted
  const ids = Array.from({ length: touchpoints }, (_, at) => `t${at}`)
  const nodes = ids.map((id) => node(id, random, stages, channels, known, groups))
  nodes.sort((a, b) => b.customers - a.customers || (a.id < b.id ? -1 : 1))
  const edges = new Map<string, Edge>()
  const one = () => ids[Math.floor(random() * ids.length)] as string
  for (let at = 0; at < (wanted.links ?? touchpoints * 4); at++) {
    const made = edge(one(), one(), random)
    edges.set(`${made.from} ${made.to}`, made)
  }
  const moves = [...edges.values()]
  const total = moves.reduce((sum, { events }) => sum + events, 0)
  const stage = (id: string, at: number) => ({
    stage: id, label: `Stage ${at}`, customers: 100 - at, share_of_previous: at ? 0.9 : null, journeys: 90,
    events: 200, left: 3, still_open: 1, emotion: null, emotion_sd: null, emotion_n: 0,
  }) // biome-ignore format: a row
  return {
    level: "touchpoint",
    caption: "Most who leave do so after t0.",
    header: {} as Answer["header"],
    totals: {
      customers: 1000,
      journeys: 1000,
      events: total + 1000,
      moves: total,
      started: 1000,
      truncated: 0,
      left: 10,
      still_open: 990,
    },
    coverage: { shown: moves.length, of: moves.length, share: 1, text: "" },
    nodes,
    other: null,
    edges: [...moves, { ...edge("START", ids[0] ?? "", random), kind: "start" }],
    stages: [
      ...Array.from({ length: stages }, (_, at) => stage(`s${at}`, at)),
      ...(known < 1 ? [stage("(none)", 99)] : []),
    ],
    comparison: null,
  }
}

function node(
  id: string,
  random: () => number,
  stages: number,
  channels: number,
  known: number,
  groups: number,
): Node {
  const customers = Math.floor(random() ** 3 * 2000) + 1
  return {
    id,
    label: `Touchpoint ${id} ${"long name ".repeat(Math.floor(random() * 3))}`.trim(),
    kind: "touchpoint",
    channel: CHANNELS[Math.floor(random() * channels)] ?? "web",
    stage: stages && random() < known ? `s${Math.floor(random() * stages)}` : "(none)",
    group: groups && random() < 0.7 ? `g${Math.floor(random() * groups)}` : "",
    customers,
    journeys: customers,
    events: customers * 2,
    started: Math.floor(random() * 50),
    continued: 0,
    left: Math.floor(customers * random() * 0.4),
    still_open: 0,
    share_left: random() * 0.4,
    median_seconds: random() * 1000,
    emotion: random() < 0.5 ? random() * 4 - 2 : null,
    emotion_sd: 0.5,
    emotion_n: Math.floor(random() * 80),
    touchpoints: 1,
  }
}

function edge(from: string, to: string, random: () => number): Edge {
  const customers = Math.floor(random() ** 4 * 800) + 1
  return {
    from,
    to,
    kind: "move",
    customers,
    journeys: customers,
    events: customers + Math.floor(random() * 100),
    p_out: random(),
    median_seconds: random() < 0.9 ? random() * 100_000 : null,
    p90_seconds: 1,
  }
}
