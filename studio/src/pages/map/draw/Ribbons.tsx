/** The links as ribbons: in their channel's color, or from one channel's into the other's. */
import { memo } from "react"
import { channel } from "@/parts/channel"
import type { Graph, Link } from "../graph/graph"
import { outline, pathOf, type Ribbon } from "../layout/ribbons"
import css from "./Chart.module.css"

export interface RibbonsProps {
  ribbons: readonly Ribbon<Link>[]
  graph: Graph
  /** Links in focus; the others fade. */
  focus: ReadonlySet<string> | null
  id: string
}

/** Stronger links are more solid, those against the stages less. */
export const opacityOf = (ribbon: Ribbon): number =>
  ribbon.back ? 0.26 + 0.1 * Math.min(1, ribbon.width / 7) : 0.3 + 0.34 * Math.min(1, ribbon.width / 7)

export const Ribbons = memo(function Ribbons({ ribbons, graph, focus, id }: RibbonsProps) {
  const sorted = ribbons.toSorted((a, b) => b.width - a.width)
  return (
    <g className={css.ribbons} data-focus={focus ? true : undefined}>
      {sorted.map((ribbon) => (
        <One
          key={ribbon.link.key}
          ribbon={ribbon}
          a={graph.at.get(ribbon.link.from)?.channel ?? ""}
          b={graph.at.get(ribbon.link.to)?.channel ?? ""}
          focused={focus?.has(ribbon.link.key) ?? false}
          id={`${id}${ribbon.link.id}`}
        />
      ))}
    </g>
  )
})

const One = memo(
  function One(props: { ribbon: Ribbon<Link>; a: string; b: string; focused: boolean; id: string }) {
    const { ribbon, a, b, focused, id } = props
    const { curve } = ribbon
    const apart = a !== b
    return (
      <>
        {apart && (
          <linearGradient
            id={id}
            gradientUnits="userSpaceOnUse"
            x1={curve[0]}
            y1={curve[1]}
            x2={curve[6] + 0.01}
            y2={curve[7]}
          >
            <stop offset={0.1} stopColor={channel(a).color} />
            <stop offset={0.9} stopColor={channel(b).color} />
          </linearGradient>
        )}
        <path
          d={pathOf(outline(curve, ribbon.width))}
          data-link={ribbon.link.key}
          data-focused={focused || undefined}
          fill={apart ? `url(#${id})` : channel(a).color}
          fillOpacity={focused ? 0.78 : opacityOf(ribbon)}
        />
      </>
    )
  },
  (one, two) =>
    one.focused === two.focused &&
    one.id === two.id &&
    one.a === two.a &&
    one.b === two.b &&
    one.ribbon.width === two.ribbon.width &&
    one.ribbon.curve.every((value, at) => value === two.ribbon.curve[at]),
)
