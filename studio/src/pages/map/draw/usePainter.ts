/** Somewhere to paint moving dots: a canvas as large as the map, and how to send a dot along a link or ring a disc. */
import { type RefObject, useEffect, useMemo, useRef } from "react"
import { useTheme } from "@/app/theme"
import { type Dot, joined, RING_MS, type Ring, TRAVEL_MS } from "../dots"
import type { Graph } from "../graph/graph"
import { pointAt, ribbons } from "../layout/ribbons"
import type { Grid } from "../layout/types"
import { resolver } from "./RibbonCanvas"

export interface Stage {
  grid: Grid
  graph: Graph
  /** The map with every group open: which touchpoint is drawn within which disc. */
  members: Graph | undefined
  radii: ReadonlyMap<string, number>
}

export interface Painter {
  ref: RefObject<HTMLCanvasElement | null>
  /** The disc a touchpoint is drawn as: itself, or the group it is in. */
  discOf: (touchpoint: string) => string | undefined
  /** A customer comes to a disc, from another one when that is known. */
  send: (from: string | undefined, to: string) => void
}

interface Painting {
  dots: Dot[]
  rings: Ring[]
  frame: number
}

export function usePainter(stage: Stage): Painter {
  const ref = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  const now = useRef(stage)
  const painting = useRef<Painting>({ dots: [], rings: [], frame: 0 })
  const paint = useRef<(at: number) => void>(() => {})
  useEffect(() => {
    now.current = stage
  })
  const { grid } = stage
  useEffect(() => {
    const canvas = ref.current
    const pen = canvas?.getContext("2d")
    if (!canvas || !pen) return undefined
    const dense = Math.min(2, devicePixelRatio || 1)
    canvas.width = grid.width * dense
    canvas.height = grid.height * dense
    const colors = resolver(canvas, theme)
    const surface = getComputedStyle(canvas).getPropertyValue("--surface")
    const moving = painting.current
    moving.dots = []
    moving.rings = []
    moving.frame = 0
    paint.current = (at) => {
      pen.setTransform(dense, 0, 0, dense, 0, 0)
      pen.clearRect(0, 0, grid.width, grid.height)
      moving.dots = moving.dots.filter(({ began }) => at - began < TRAVEL_MS)
      moving.rings = moving.rings.filter(({ began }) => at - began < RING_MS)
      for (const ring of moving.rings) ringed(pen, ring, at, now.current, colors)
      for (const dot of moving.dots) dotted(pen, dot, at, colors, surface)
      moving.frame = moving.dots.length || moving.rings.length ? requestAnimationFrame(paint.current) : 0
    }
    return () => cancelAnimationFrame(moving.frame)
  }, [grid, theme])

  return useMemo(() => {
    const channelOf = (id: string) => now.current.graph.at.get(id)?.channel ?? ""
    return {
      ref,
      discOf: (touchpoint) => {
        const { graph, members } = now.current
        if (graph.at.has(touchpoint)) return touchpoint
        const group = members?.at.get(touchpoint)?.group
        return group && graph.at.has(group) ? group : undefined
      },
      send: (from, to) => {
        const moving = painting.current
        const began = performance.now()
        const { grid: on, radii } = now.current
        const link = from !== undefined && from !== to ? [{ from, to, customers: 1 }] : []
        const curve = ribbons(on, link, 1, radii)[0]?.curve
        if (curve)
          moving.dots = joined(moving.dots, { curve, channel: channelOf(from ?? to), began }, TRAVEL_MS)
        const arrives = curve ? began + TRAVEL_MS * 0.9 : began
        moving.rings = joined(
          moving.rings,
          { id: to, channel: channelOf(to), began: arrives },
          RING_MS + TRAVEL_MS,
        )
        moving.frame ||= requestAnimationFrame(paint.current)
      },
    }
  }, [])
}

function dotted(
  pen: CanvasRenderingContext2D,
  dot: Dot,
  at: number,
  colors: (id: string) => string,
  surface: string,
): void {
  const [x, y] = pointAt(dot.curve, Math.max(0, Math.min(1, (at - dot.began) / TRAVEL_MS)))
  pen.beginPath()
  pen.arc(x, y, 3, 0, 7)
  pen.fillStyle = colors(dot.channel)
  pen.fill()
  pen.lineWidth = 1.2
  pen.strokeStyle = surface
  pen.stroke()
}

function ringed(
  pen: CanvasRenderingContext2D,
  ring: Ring,
  at: number,
  { grid, radii }: Stage,
  colors: (id: string) => string,
): void {
  const disc = grid.at.get(ring.id)
  const age = (at - ring.began) / RING_MS
  if (!disc || age < 0) return
  pen.beginPath()
  pen.arc(disc.x, disc.y, (radii.get(ring.id) ?? disc.r) + 3 + 9 * age, 0, 7)
  pen.globalAlpha = 0.7 * (1 - age)
  pen.lineWidth = 2
  pen.strokeStyle = colors(ring.channel)
  pen.stroke()
  pen.globalAlpha = 1
}
