/** Beside the map: a whole channel, group or stage in focus, or what leads from one to another, as the hub counts them. */

import { SidePanel } from "@/parts/SidePanel"
import { Loading } from "@/parts/States"
import { type Focus, type Wide, wideOf } from "./graph/focus"
import type { Graph } from "./graph/graph"
import { Panel, type PanelProps } from "./Panel"

export function WidePanel(
  props: Pick<PanelProps, "onFocus" | "onLink" | "onClose" | "scope"> & {
    wide: Wide
    focus: Focus
    /** The map at that level, once it is counted. */
    graph: Graph | undefined
  },
) {
  const { wide, focus, graph, onFocus, onLink, onClose, scope } = props
  const [, id] = wideOf(focus.id)
  const [kind, next] = wideOf(focus.next)
  const word = (one: string) => `${wide}:${one}`
  if (!graph)
    return (
      <SidePanel title={id} stays onClose={onClose}>
        <Loading lines={6} />
      </SidePanel>
    )
  return (
    <Panel
      graph={graph}
      id={id}
      next={kind === wide ? next : ""}
      wide={wide}
      onFocus={(one) => onFocus(word(one))}
      onLink={(from, to) => onLink(word(from), word(to))}
      onClose={onClose}
      scope={scope}
      members={[]}
      group=""
      changes={null}
      onCloseGroup={onClose}
    />
  )
}
