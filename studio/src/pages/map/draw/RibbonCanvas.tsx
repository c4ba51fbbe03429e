/** Many links: the ribbons on one canvas, and which of them lies under the pointer. */
import { useEffect, useRef } from "react"
import { channel } from "@/parts/channel"
import type { Painted } from "../export"
import type { Graph, Link } from "../graph/graph"
import { outline, pathOf, type Ribbon } from "../layout/ribbons"
import css from "./Chart.module.css"
import { opacityOf } from "./Ribbons"
import { CANVAS_FROM } from "./sizes"

const STEPS = 24

export function RibbonCanvas(props: {
  ribbons: readonly Ribbon<Link>[]
  graph: Graph
  width: number
  height: number
  faded: boolean
  theme: string
}) {
  const { ribbons, graph, width, height, faded, theme } = props
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current
    const pen = canvas?.getContext("2d")
    if (!canvas || !pen) return
    const dense = Math.min(2, devicePixelRatio || 1)
    canvas.width = width * dense
    canvas.height = height * dense
    pen.setTransform(dense, 0, 0, dense, 0, 0)
    pen.clearRect(0, 0, width, height)
    const colors = resolver(canvas, theme)
    for (const ribbon of ribbons.toSorted((a, b) => b.width - a.width)) {
      const a = graph.at.get(ribbon.link.from)?.channel ?? ""
      const b = graph.at.get(ribbon.link.to)?.channel ?? ""
      pen.globalAlpha = faded ? 0.05 : opacityOf(ribbon)
      pen.fillStyle = a === b ? colors(a) : blend(pen, ribbon, colors(a), colors(b))
      trace(pen, outline(ribbon.curve, ribbon.width, STEPS))
      pen.fill()
    }
  }, [ribbons, graph, width, height, faded, theme])
  return <canvas ref={ref} className={css.layer} style={{ width, height }} />
}

/** The same ribbons for an image: what the canvas shows, as shapes. Nothing when the page has them as shapes already. */
export function painted(ribbons: readonly Ribbon<Link>[], graph: Graph, element: Element): Painted[] {
  if (ribbons.length <= CANVAS_FROM) return []
  const colors = resolver(element, "")
  const color = (id: string) => colors(graph.at.get(id)?.channel ?? "")
  return ribbons
    .toSorted((a, b) => b.width - a.width)
    .map((ribbon) => ({
      d: pathOf(outline(ribbon.curve, ribbon.width, STEPS)),
      from: color(ribbon.link.from),
      to: color(ribbon.link.to),
      opacity: Number(opacityOf(ribbon).toFixed(2)),
      ends: [ribbon.curve[0], ribbon.curve[1], ribbon.curve[6], ribbon.curve[7]],
    }))
}

function trace(pen: CanvasRenderingContext2D | Path2D, points: readonly number[]): void {
  if ("beginPath" in pen) pen.beginPath()
  for (let at = 0; at < points.length; at += 2) {
    if (at) pen.lineTo(points[at] as number, points[at + 1] as number)
    else pen.moveTo(points[0] as number, points[1] as number)
  }
  pen.closePath()
}

function blend(pen: CanvasRenderingContext2D, { curve }: Ribbon, from: string, to: string): CanvasGradient {
  const gradient = pen.createLinearGradient(curve[0], curve[1], curve[6], curve[7])
  gradient.addColorStop(0.1, from)
  gradient.addColorStop(0.9, to)
  return gradient
}

/** A channel's color as the theme has it now. */
export function resolver(element: Element, _theme: string): (id: string) => string {
  const style = getComputedStyle(element)
  const known = new Map<string, string>()
  return (id) => {
    let color = known.get(id)
    if (color === undefined) {
      color = style.getPropertyValue(channel(id).color.slice(4, -1)).trim() || "#888"
      known.set(id, color)
    }
    return color
  }
}

/** The ribbon under a point: the thinnest one of those there. */
export function ribbonAt(ribbons: readonly Ribbon<Link>[], x: number, y: number): Ribbon<Link> | undefined {
  const pen = document.createElement("canvas").getContext("2d")
  if (!pen) return undefined
  return ribbons
    .filter(({ curve }) => {
      const reach = 40
      return (
        x >= Math.min(curve[0], curve[2], curve[4], curve[6]) - reach &&
        x <= Math.max(curve[0], curve[2], curve[4], curve[6]) + reach
      )
    })
    .toSorted((a, b) => a.width - b.width)
    .find(({ curve, width }) => {
      const path = new Path2D()
      trace(path, outline(curve, Math.max(4, width), STEPS))
      return pen.isPointInPath(path, x, y)
    })
}
