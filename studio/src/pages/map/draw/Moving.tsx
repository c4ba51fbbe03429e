/** Customers who move right now, as dots on their links: one canvas over the map, off when motion is not wanted. */
import { useEffect, useRef } from "react"
import { listen } from "@/api/live"
import { useTheme } from "@/app/theme"
import { type Dot, joined, RING_MS, type Ring, TRAVEL_MS, Whereabouts } from "../dots"
import type { Graph } from "../graph/graph"
import { pointAt, ribbons } from "../layout/ribbons"
import type { Grid } from "../layout/types"
import css from "./Chart.module.css"
import { resolver } from "./RibbonCanvas"

const FRESH_MS = 15_000
const RECENT = 200

export interface MovingProps {
  grid: Grid
  graph: Graph
  /** The map with every group open: which touchpoint is drawn within which disc. */
  members: Graph | undefined
  radii: ReadonlyMap<string, number>
}

export function Moving(props: MovingProps) {
  const { grid } = props
  const ref = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  const now = useRef(props)
  useEffect(() => {
    now.current = props
  })
  useEffect(() => {
    const canvas = ref.current
    const pen = canvas?.getContext("2d")
    if (!canvas || !pen || matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined
    const dense = Math.min(2, devicePixelRatio || 1)
    canvas.width = grid.width * dense
    canvas.height = grid.height * dense
    const colors = resolver(canvas, theme)
    const surface = getComputedStyle(canvas).getPropertyValue("--surface")
    const where = new Whereabouts()
    let dots: Dot[] = []
    let rings: Ring[] = []
    let frame = 0

    const paint = (at: number) => {
      pen.setTransform(dense, 0, 0, dense, 0, 0)
      pen.clearRect(0, 0, grid.width, grid.height)
      dots = dots.filter(({ began }) => at - began < TRAVEL_MS)
      rings = rings.filter(({ began }) => at - began < RING_MS)
      for (const ring of rings) ringed(pen, ring, at, now.current, colors)
      for (const dot of dots) {
        const [x, y] = pointAt(dot.curve, Math.max(0, Math.min(1, (at - dot.began) / TRAVEL_MS)))
        pen.beginPath()
        pen.arc(x, y, 3, 0, 7)
        pen.fillStyle = colors(dot.channel)
        pen.fill()
        pen.lineWidth = 1.2
        pen.strokeStyle = surface
        pen.stroke()
      }
      frame = dots.length || rings.length ? requestAnimationFrame(paint) : 0
    }
    const stop = listen(
      {
        onItem: ({ profile, touchpoint, received, occurred }) => {
          const { graph, members } = now.current
          const drawn = discOf(touchpoint, graph, members)
          if (!drawn) return
          const channel = graph.at.get(drawn)?.channel ?? ""
          const before = profile ? where.moved(profile, drawn) : undefined
          // what was heard before somebody looked, or looked away, is remembered, not drawn
          if (document.hidden || Date.now() - Date.parse(received ?? occurred) > FRESH_MS) return
          const began = performance.now()
          const curve = before && before !== drawn ? curveOf(before, drawn, now.current) : undefined
          if (curve)
            dots = joined(
              dots,
              { curve, channel: graph.at.get(before ?? "")?.channel ?? channel, began },
              TRAVEL_MS,
            )
          rings = joined(
            rings,
            { id: drawn, channel, began: curve ? began + TRAVEL_MS * 0.9 : began },
            RING_MS + TRAVEL_MS,
          )
          frame ||= requestAnimationFrame(paint)
        },
      },
      RECENT,
    )
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
  }, [grid, theme])
  return (
    <canvas
      ref={ref}
      className={`${css.layer} ${css.through}`}
      style={{ width: grid.width, height: grid.height }}
    />
  )
}

/** The disc a touchpoint is drawn as: itself, or the group it is in. */
export function discOf(touchpoint: string, graph: Graph, members: Graph | undefined): string | undefined {
  if (graph.at.has(touchpoint)) return touchpoint
  const group = members?.at.get(touchpoint)?.group
  return group && graph.at.has(group) ? group : undefined
}

function curveOf(from: string, to: string, { grid, radii }: MovingProps) {
  return ribbons(grid, [{ from, to, customers: 1 }], 1, radii)[0]?.curve
}

function ringed(
  pen: CanvasRenderingContext2D,
  ring: Ring,
  at: number,
  { grid, radii }: MovingProps,
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
