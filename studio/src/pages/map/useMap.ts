/** What the page shows -> the hub's answers as one map: everything laid out once, what was asked for upon it. */
import { useQuery } from "@tanstack/react-query"
import { useMemo } from "react"
import { channel } from "@/parts/channel"
import type { Size } from "@/parts/useSize"
import type { Shows } from "./address"
import { baseOf, mapOf, type Question, unfiltered } from "./ask"
import { FOOT, HEAD, LABELS } from "./draw/sizes"
import { changesOf } from "./graph/changes"
import { type Wide, wideOf } from "./graph/focus"
import { drawnName, type Graph, graphOf, NONE } from "./graph/graph"
import { apart, type Groups, groupsOf, renamed } from "./graph/groups"
import { layout } from "./layout/grid"
import type { Grid, Room } from "./layout/types"
import { m } from "./text"

const more = (members: number) => m("more", { count: members })

export function useMap(shows: Shows, size: Size | null) {
  const question = useMemo(
    (): Question => ({
      level: "touchpoint",
      from: shows.from,
      to: shows.to,
      segment: shows.segment,
      journey: shows.journey,
      collapse: shows.collapse,
      open: [],
      compare: shows.compare,
    }),
    [shows.from, shows.to, shows.segment, shows.journey, shows.collapse, shows.compare],
  )
  const everybody = useMemo(() => ({ ...question, from: "", to: "", segment: "", compare: "" }), [question])
  const plain = useQuery(baseOf(everybody))
  const plainGraph = useMemo(() => plain.data && graphOf(plain.data), [plain.data])
  const groups: Groups = useMemo(() => (plainGraph ? groupsOf(plainGraph) : new Map()), [plainGraph])
  const grouped = groups.size > 0

  const closed = useQuery({ ...baseOf({ ...everybody, level: "group" }), enabled: grouped })
  const closedGraph = useMemo(
    () => (grouped ? closed.data && graphOf(closed.data) : plainGraph),
    [grouped, closed.data, plainGraph],
  )
  const open = useMemo(
    () => (grouped && closedGraph ? apart(closedGraph, groups, shows.open) : []),
    [grouped, closedGraph, groups, shows.open],
  )
  const laid: Question = { ...everybody, level: grouped ? "group" : "touchpoint", open }
  const opened = useQuery({ ...baseOf(laid), enabled: open.length > 0 })
  const whole = useMemo(() => {
    if (!open.length) return closedGraph
    return closedGraph && opened.data && !opened.isPlaceholderData
      ? renamed(graphOf(opened.data, closedGraph), shows.open, more)
      : closedGraph
  }, [open, opened.data, opened.isPlaceholderData, closedGraph, shows.open])

  const wanted: Question = { ...question, level: laid.level, open }
  const ready = plain.data && (!grouped || closed.data)
  const known = open.length ? opened : grouped ? closed : plain
  const same = unfiltered(question)
  const asked = useQuery({
    ...mapOf(wanted),
    enabled: same ? Boolean(ready && known.data && !known.isPlaceholderData) : Boolean(ready),
    ...(same && known.data && !known.isPlaceholderData
      ? { initialData: known.data, initialDataUpdatedAt: known.dataUpdatedAt }
      : {}),
  })
  const folded = useQuery({
    ...mapOf({ ...question, level: "channel", compare: "" }),
    enabled: shows.folded.length > 0,
  })
  const [level] = wideOf(shows.focus)
  const wideAsked = useQuery({
    ...mapOf({ ...question, level: level || "channel", compare: "" }),
    enabled: level !== "" && !plainGraph?.at.has(shows.focus),
  })
  const wide = useMemo(
    () => (level && wideAsked.data?.level === level ? called(graphOf(wideAsked.data), level) : undefined),
    [level, wideAsked.data],
  )
  const totals = useMemo(
    () =>
      new Map(folded.data?.nodes.map((node) => [node.channel === NONE ? "" : (node.channel ?? ""), node])),
    [folded.data],
  )
  const graph = useMemo(
    () => (whole && asked.data ? renamed(graphOf(asked.data, whole), shows.open, more) : undefined),
    [whole, asked.data, shows.open],
  )
  const comparison = shows.compare ? asked.data?.comparison : null
  const changes = useMemo(() => comparison && changesOf(comparison), [comparison])
  const grid = useGrid(closedGraph, whole, shows, size)
  const failed = asked.error ?? plain.error ?? closed.error ?? opened.error
  const again = () => void Promise.all([plain, grouped ? closed : null, asked].map((one) => one?.refetch()))
  return {
    graph,
    whole,
    grid,
    /** What is different from what the map is compared with. */
    changes: changes ?? null,
    groups,
    totals,
    /** The map at the level of a whole channel, group or stage in focus. */
    wide,
    /** How many touchpoints there are in all, closed groups or not. */
    all: plainGraph?.touchpoints.length ?? 0,
    members: plainGraph,
    pending: !graph && !failed,
    dimmed: asked.isPlaceholderData || (open.length > 0 && opened.isPlaceholderData),
    failed,
    again,
    updatedAt: asked.dataUpdatedAt,
    none: plain.data?.totals.events === 0,
  }
}

/** Channels are called as people call them. */
function called(graph: Graph, level: Wide): Graph {
  if (level !== "channel") return graph
  const touchpoints = graph.touchpoints.map((one) => ({ ...one, label: channel(one.id).label }))
  return { ...graph, touchpoints, at: new Map(touchpoints.map((one) => [one.id, one])) }
}

/** The layout: of closed groups first; opened ones keep everything else where it was. */
function useGrid(
  closed: Graph | undefined,
  whole: Graph | undefined,
  shows: Shows,
  size: Size | null,
): Grid | undefined {
  return useMemo(() => {
    if (!closed || !whole || !size?.width) return undefined
    const wide = closed.stages.findIndex(({ id }) => id === shows.stage)
    const room: Room = {
      width: size.width - LABELS - 6,
      height: size.height - HEAD - FOOT,
      wide: wide < 0 ? undefined : wide,
      folded: new Set(shows.folded),
    }
    const first = layout(inputOf(closed), room)
    return whole === closed ? first : layout(inputOf(whole), { ...room, like: first })
  }, [closed, whole, size, shows.stage, shows.folded])
}

const inputOf = (graph: Graph) => ({
  spots: graph.touchpoints.map((one) => ({ ...one, label: drawnName(one) })),
  flows: graph.links,
  stages: graph.stages.length,
})
