/** The map on the page -> one SVG that needs nothing else, or a PNG of it. Colors are written out, fonts are named. */
import { FOOT, HEAD, LABELS } from "./draw/sizes"
import type { Grid } from "./layout/types"

const FONT = "'Inter Variable', Inter, system-ui, sans-serif"
const KEPT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stop-color",
  "stop-opacity",
  "opacity",
  "paint-order",
  "font-size",
  "font-weight",
  "text-anchor",
  "letter-spacing",
] as const
const NEEDLESS = /^(class|style|tabindex|role|aria-|data-)/

/** Where each part of the map stands on the sheet. */
function places(grid: Grid): [string, number, number][] {
  return [
    ["body", LABELS, HEAD],
    ["head", LABELS, 0],
    ["foot", LABELS, HEAD + grid.height],
    ["corner", 0, 0],
    ["rows", 0, HEAD],
    ["left", 0, HEAD + grid.height],
  ]
}

/** A ribbon that is on the canvas, not in the page's own SVG. */
export interface Painted {
  d: string
  from: string
  to: string
  opacity: number
  /** Hollow, with a line around. */
  line: boolean
  ends: readonly [number, number, number, number]
}

export function svgOf(sheet: Element, grid: Grid, title: string, painted: readonly Painted[] = []): string {
  const width = Math.ceil(LABELS + grid.width + 6)
  const height = Math.ceil(HEAD + grid.height + FOOT)
  const ns = "http://www.w3.org/2000/svg"
  const root = document.createElementNS(ns, "svg")
  root.setAttribute("viewBox", `0 0 ${width} ${height}`)
  root.setAttribute("width", String(width))
  root.setAttribute("height", String(height))
  root.setAttribute("font-family", FONT)
  const named = document.createElementNS(ns, "title")
  named.textContent = title
  const ground = document.createElementNS(ns, "rect")
  ground.setAttribute("width", "100%")
  ground.setAttribute("height", "100%")
  ground.setAttribute("fill", getComputedStyle(sheet).backgroundColor)
  root.append(named, ground)
  for (const [part, x, y] of places(grid))
    for (const svg of sheet.querySelectorAll(`svg[data-part="${part}"]`)) {
      const group = element("g", { transform: `translate(${x},${y})` })
      for (const child of svg.children) group.append(copied(child))
      if (svg.matches("[data-layer=back]")) group.append(...painted.flatMap(ribbon))
      root.append(group)
    }
  return new XMLSerializer().serializeToString(root)
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  return made
}

function ribbon({ d, from, to, opacity, line, ends }: Painted, at: number): SVGElement[] {
  const around: Record<string, string | number> = line ? { stroke: from, "stroke-width": 1.2 } : {}
  if (from === to) return [element("path", { d, fill: from, "fill-opacity": opacity, ...around })]
  const [x1, y1, x2, y2] = ends
  const gradient = element("linearGradient", {
    id: `p${at}`,
    gradientUnits: "userSpaceOnUse",
    x1,
    y1,
    x2: x2 + 0.01,
    y2,
  })
  gradient.append(
    element("stop", { offset: 0.1, "stop-color": from }),
    element("stop", { offset: 0.9, "stop-color": to }),
  )
  return [gradient, element("path", { d, fill: `url(#p${at})`, "fill-opacity": opacity })]
}

/** A copy that looks the same without the page's styles. */
function copied(from: Element): Element {
  const copy = from.cloneNode(true) as Element
  const originals = [from, ...from.querySelectorAll("*")]
  const copies = [copy, ...copy.querySelectorAll("*")]
  originals.forEach((original, at) => {
    const one = copies[at]
    if (one) written(original, one)
  })
  return copy
}

function written(original: Element, copy: Element): void {
  const style = getComputedStyle(original)
  for (const name of KEPT) {
    const value = style.getPropertyValue(name)
    if (value) copy.setAttribute(name, value)
  }
  if (style.transform && style.transform !== "none") copy.setAttribute("transform", style.transform)
  for (const { name } of [...copy.attributes]) if (NEEDLESS.test(name)) copy.removeAttribute(name)
}

/** The SVG as a PNG, twice as dense as the screen says. */
export async function pngOf(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }))
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    const canvas = document.createElement("canvas")
    canvas.width = image.naturalWidth * 2
    canvas.height = image.naturalHeight * 2
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no image"))), "image/png"),
    )
  } finally {
    URL.revokeObjectURL(address)
  }
}

/** Give somebody a file. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
