/** Many links: the ribbons on one canvas, and which of them lies under the pointer. */
import { useEffect, useRef } from "react"
import { channel } from "@/parts/channel"
import type { Painted } from "../export"
import type { Changes } from "../graph/changes"
import type { Graph, Link } from "../graph/graph"
import { outline, pathOf, type Ribbon } from "../layout/ribbons"
import css from "./Chart.module.css"
import { inkOf } from "./ink"
import { CANVAS_FROM } from "./sizes"

const STEPS = 24

export function RibbonCanvas(props: {
  ribbons: readonly Ribbon<Link>[]
  graph: Graph
  width: number
  height: number
  faded: boolean
  changes: Changes | null
  theme: string
}) {
  const { ribbons, graph, width, height, faded, changes, theme } = props
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
    const color = resolved(canvas, theme)
    const inked = ribbons.map((ribbon) => ({ ribbon, ink: inkOf(ribbon, graph, changes) }))
    for (const { ribbon, ink } of inked.sort((a, b) => a.ink.rank - b.ink.rank)) {
      pen.globalAlpha = faded ? 0.05 : ink.opacity
      pen.fillStyle =
        ink.from === ink.to ? color(ink.from) : blend(pen, ribbon, color(ink.from), color(ink.to))
      trace(pen, outline(ribbon.curve, ink.width, STEPS))
      pen.fill()
      if (!ink.line || faded) continue
      pen.globalAlpha = 1
      pen.strokeStyle = color(ink.from)
      pen.lineWidth = 1.2
      pen.stroke()
    }
  }, [ribbons, graph, width, height, faded, changes, theme])
  return <canvas ref={ref} className={css.layer} style={{ width, height }} />
}

/** The same ribbons for an image: what the canvas shows, as shapes. Nothing when the page has them as shapes already. */
export function painted(
  ribbons: readonly Ribbon<Link>[],
  graph: Graph,
  changes: Changes | null,
  element: Element,
): Painted[] {
  if (ribbons.length <= CANVAS_FROM) return []
  const color = resolved(element, "")
  return ribbons
    .map((ribbon) => ({ ribbon, ink: inkOf(ribbon, graph, changes) }))
    .sort((a, b) => a.ink.rank - b.ink.rank)
    .map(({ ribbon, ink }) => ({
      d: pathOf(outline(ribbon.curve, ink.width, STEPS)),
      from: color(ink.from),
      to: color(ink.to),
      opacity: Number(ink.opacity.toFixed(2)),
      line: ink.line,
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
export function resolver(element: Element, theme: string): (id: string) => string {
  const color = resolved(element, theme)
  return (id) => color(channel(id).color)
}

/** `var(--…)` as the theme has it now. */
function resolved(element: Element, _theme: string): (variable: string) => string {
  const style = getComputedStyle(element)
  const known = new Map<string, string>()
  return (variable) => {
    let color = known.get(variable)
    if (color === undefined) {
      color = style.getPropertyValue(variable.slice(4, -1)).trim() || "#888"
      known.set(variable, color)
    }
    return color
  }
}

interface Spot {
  ribbon: Ribbon<Link>
  box: readonly [number, number, number, number]
  path: Path2D | undefined
}

/** Where each ribbon lies, thinnest first: reckoned once for a picture, not at every move of the pointer. */
const spotted = new WeakMap<readonly Ribbon<Link>[], Spot[]>()

function spotsOf(ribbons: readonly Ribbon<Link>[]): Spot[] {
  let spots = spotted.get(ribbons)
  if (!spots) {
    spots = ribbons
      .map((ribbon): Spot => {
        const [x0, y0, x1, y1, x2, y2, x3, y3] = ribbon.curve
        const air = Math.max(4, ribbon.width) / 2
        const left = Math.min(x0, x1, x2, x3) - air
        const right = Math.max(x0, x1, x2, x3) + air
        const top = Math.min(y0, y1, y2, y3) - air
        return { ribbon, box: [left, right, top, Math.max(y0, y1, y2, y3) + air], path: undefined }
      })
      .sort((a, b) => a.ribbon.width - b.ribbon.width)
    spotted.set(ribbons, spots)
  }
  return spots
}

let probe: CanvasRenderingContext2D | null = null

/** The ribbon under a point: the thinnest one of those there. */
export function ribbonAt(ribbons: readonly Ribbon<Link>[], x: number, y: number): Ribbon<Link> | undefined {
  probe ??= document.createElement("canvas").getContext("2d")
  const pen = probe
  if (!pen) return undefined
  return spotsOf(ribbons).find((spot) => {
    const [left, right, top, bottom] = spot.box
    if (x < left || x > right || y < top || y > bottom) return false
    if (!spot.path) {
      spot.path = new Path2D()
      trace(spot.path, outline(spot.ribbon.curve, Math.max(4, spot.ribbon.width), STEPS))
    }
    return pen.isPointInPath(spot.path, x, y)
  })?.ribbon
}
