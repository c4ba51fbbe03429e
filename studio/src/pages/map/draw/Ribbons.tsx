/** The links as ribbons: in their channel's color, from one channel's into the other's, or colored by what changed. */
import { memo } from "react"
import type { Changes } from "../graph/changes"
import type { Graph, Link } from "../graph/graph"
import { outline, pathOf, type Ribbon } from "../layout/ribbons"
import css from "./Chart.module.css"
import { type Ink, inkOf } from "./ink"

export interface RibbonsProps {
  ribbons: readonly Ribbon<Link>[]
  graph: Graph
  /** Color by change beyond chance. */
  changes: Changes | null
  /** Links in focus; the others fade. */
  focus: ReadonlySet<string> | null
  id: string
}

export const Ribbons = memo(function Ribbons({ ribbons, graph, changes, focus, id }: RibbonsProps) {
  const inked = ribbons
    .map((ribbon) => ({ ribbon, ink: inkOf(ribbon, graph, changes) }))
    .sort((a, b) => a.ink.rank - b.ink.rank)
  return (
    <g className={css.ribbons} data-focus={focus ? true : undefined}>
      {inked.map(({ ribbon, ink }) => (
        <One
          key={ribbon.link.key}
          ribbon={ribbon}
          ink={ink}
          focused={focus?.has(ribbon.link.key) ?? false}
          id={`${id}${ribbon.link.id}`}
        />
      ))}
    </g>
  )
})

const One = memo(
  function One(props: { ribbon: Ribbon<Link>; ink: Ink; focused: boolean; id: string }) {
    const { ribbon, ink, focused, id } = props
    const { curve } = ribbon
    const apart = ink.from !== ink.to
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
            <stop offset={0.1} stopColor={ink.from} />
            <stop offset={0.9} stopColor={ink.to} />
          </linearGradient>
        )}
        <path
          d={pathOf(outline(curve, ink.width))}
          data-link={ribbon.link.key}
          data-focused={focused || undefined}
          fill={apart ? `url(#${id})` : ink.from}
          fillOpacity={focused && !ink.line ? Math.max(0.78, ink.opacity) : ink.opacity}
          stroke={ink.line ? ink.from : undefined}
          strokeWidth={ink.line ? 1.2 : undefined}
        />
      </>
    )
  },
  (one, two) =>
    one.focused === two.focused &&
    one.id === two.id &&
    one.ink.from === two.ink.from &&
    one.ink.to === two.ink.to &&
    one.ink.width === two.ink.width &&
    one.ink.line === two.ink.line &&
    one.ribbon.curve.every((value, at) => value === two.ribbon.curve[at]),
)
