/** Beside the picture: what there is to know of the bar, ribbon or branch that is picked, and where it leads. */
import { Link } from "@tanstack/react-router"
import { useMemo } from "react"
import type { Answer, Row } from "@/api/analyses"
import { type Line, Lines } from "@/pages/understand/Lines"
import { Customers } from "@/pages/understand/Number"
import { type Places, usePlaces } from "@/pages/understand/places"
import { onMap } from "@/pages/understand/scope"
import { useAnalysis, useWho } from "@/pages/understand/useAnalysis"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelDot } from "@/parts/channel"
import { Figure, Figures, SidePanel } from "@/parts/SidePanel"
import panel from "@/parts/SidePanel.module.css"
import { Loading } from "@/parts/States"
import { count, duration, plural, share } from "@/text/format"
import { joined } from "@/text/list"
import { backward, isEdge, patternOf, questionOf, type Shows, wholeOf } from "./address"
import { APART, type Branch, type FlowLink, flowOf, type Kind, nameOf, treeOf } from "./model"
import css from "./paths.module.css"
import { SplitBy } from "./SplitBy"
import { p } from "./text"

export interface PanelProps {
  answer: Answer
  shows: Shows
  set: (change: Partial<Shows>) => void
  onRoot: (id: string, before?: boolean) => void
  onOnly: (path: string) => void
}

export function Panel(props: PanelProps) {
  const places = usePlaces()
  const { answer, shows } = props
  const flow = useMemo(() => flowOf(answer, shows.level, places), [answer, shows.level, places])
  const tree = useMemo(() => treeOf(answer, shows.level, places), [answer, shows.level, places])
  const { pick } = shows
  if (pick?.table === "links") {
    const link = flow.links.find(
      (one) => one.step === pick.step && one.from === pick.from && one.to === pick.to,
    )
    return link ? <OfLink {...props} link={link} places={places} /> : null
  }
  if (pick?.table === "tree") {
    const branch = tree.find((one) => one.path === pick.path)
    return branch ? <OfBranch {...props} branch={branch} tree={tree} places={places} /> : null
  }
  const node = flow.nodes.find((one) => one.step === pick?.step && one.id === pick?.node)
  if (!node || !pick) return null
  const name = (id: string) => nameOf(id, "", shows.level, places)
  const into = flow.links.filter((one) => one.step === node.step && one.to === node.id)
  const out = flow.links.filter((one) => one.step === node.step + 1 && one.from === node.id)
  const [came, went] = backward(shows) ? [out, into] : [into, out]
  const rows = (links: readonly FlowLink[], end: "from" | "to"): Line[] =>
    links
      .toSorted((a, b) => b.walks - a.walks)
      .map((link) => ({
        key: `${link.from} ${link.to}`,
        ...name(link[end]),
        open: kindOf(link[end]) === "open",
        customers: link.customers,
        share: shareOf(link.customers, node.customers),
        row: { table: "links", step: link.step, from: link.from, to: link.to },
      }))
  const far = (own: boolean) => (backward(shows) === own ? "from" : "to")
  return (
    <SidePanel
      key={`${node.step} ${node.id}`}
      title={node.kind === "other" ? p("otherOf", { step: node.step }) : node.label}
      lead={node.channel && <ChannelDot id={node.channel} />}
      onClose={() => props.set({ pick: null })}
    >
      <p className={panel.quiet}>
        {node.kind !== "other" && p("step", { step: node.step })}
        {node.walks !== node.customers &&
          ` · ${p("walksOf", { walks: count(node.walks), customers: count(node.customers) })}`}
      </p>
      <Numbers customers={node.customers} row={pick} name={node.label} all={node.share} />
      {node.kind === "other" && <Others {...props} step={node.step} of={node.customers} places={places} />}
      <Lines title={p("came")} lines={rows(came, far(true))} />
      {node.kind !== "other" && <Lines title={p("went")} lines={rows(went, far(false))} />}
      <Actions {...props} id={node.id} kind={node.kind} row={pick} />
    </SidePanel>
  )
}

function OfLink({ shows, set, link, places }: PanelProps & { link: FlowLink; places: Places }) {
  const from = nameOf(link.from, "", shows.level, places)
  const to = nameOf(link.to, "", shows.level, places)
  const [first, second] = backward(shows) ? [to, from] : [from, to]
  const title = p("linkOf", {
    from: isEdge(link.from) && link.step === 1 ? p("begins") : first.label,
    to: second.label,
  })
  const [, list] = useWho()
  const row = { table: "links", step: link.step, from: link.from, to: link.to }
  return (
    <SidePanel key={title} title={title} onClose={() => set({ pick: null })}>
      <p className={panel.quiet}>{p("step", { step: link.step })}</p>
      <Numbers customers={link.customers} row={row} name={title} />
      <div className={panel.actions}>
        <Button small look="primary" onClick={() => list(row)}>
          {p("seeCustomers")}
        </Button>
      </div>
    </SidePanel>
  )
}

function OfBranch(props: PanelProps & { branch: Branch; tree: readonly Branch[]; places: Places }) {
  const { shows, branch, tree, places } = props
  const row = { table: "tree", path: branch.path }
  const children = tree.filter((one) => one.parent === branch.number)
  const way = branch.path.split(APART)
  return (
    <SidePanel
      key={branch.path}
      title={branch.kind === "other" ? p("otherAfter") : branch.label}
      lead={branch.channel && <ChannelDot id={branch.channel} />}
      onClose={() => props.set({ pick: null })}
    >
      <ol className={css.way} data-back={backward(shows) || undefined}>
        {way.map((id, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place may come twice
          <li key={at}>
            {at > 0 && <span aria-hidden="true">›</span>}
            {nameOf(id, "", shows.level, places).label}
          </li>
        ))}
      </ol>
      <Numbers
        customers={branch.customers}
        row={row}
        name={branch.label}
        all={branch.share}
        parent={branch.ofParent}
        median={branch.median}
      />
      {branch.kind === "other" ? (
        <Others {...props} path={way.slice(0, -1)} of={branch.customers} places={places} />
      ) : (
        <Lines
          title={p(backward(shows) ? "came" : "went")}
          lines={children.map((one) => ({
            key: one.path,
            label: one.label,
            channel: one.channel,
            open: one.kind === "open",
            customers: one.customers,
            share: shareOf(one.customers, branch.customers),
            row: { table: "tree", path: one.path },
          }))}
        />
      )}
      <Actions {...props} id={branch.id} kind={branch.kind} row={row} path={branch.path} />
    </SidePanel>
  )
}

/** What "other" holds: asked with nothing left out, and without what has a place of its own. */
function Others(props: PanelProps & { step?: number; path?: readonly string[]; of: number; places: Places }) {
  const { answer, shows, step, path, places, onRoot } = props
  const asked = useAnalysis("paths", {
    ...questionOf(shows),
    limit: 0,
    variants: 1,
    ...(path && { prefix: [...shows.prefix, ...path], depth: 1 }),
    ...(step && { depth: step }),
  })
  if (!asked.answer || asked.dimmed) return <Loading lines={5} />
  const at = step ?? 1
  const shown = new Set(
    path
      ? (answer.tables.tree?.rows ?? [])
          .filter((row) => above(String(row.path)) === path.join(APART))
          .map((row) => String(row.node))
      : (answer.tables.nodes?.rows ?? []).filter((row) => row.step === step).map((row) => String(row.node)),
  )
  const lines = flowOf(asked.answer, shows.level, places)
    .nodes.filter((node) => node.step === at && node.kind === "node" && !shown.has(node.id))
    .map(
      (node): Line => ({
        key: node.id,
        label: node.label,
        channel: node.channel,
        open: false,
        customers: node.customers,
        share: shareOf(node.customers, props.of),
        row: path
          ? { table: "tree", path: [...path, node.id].join(APART) }
          : { table: "nodes", step: at, node: node.id },
        onName: () => onRoot(node.id),
        onNameTitle: p("startHere"),
      }),
    )
  return (
    <>
      <p className={panel.quiet}>{p("otherAbout")}</p>
      <Lines title={p("other")} lines={lines} />
    </>
  )
}

const shareOf = (part: number, of: number): number | null => (of ? part / of : null)

const above = (path: string): string => path.split(APART).slice(0, -1).join(APART)

function kindOf(id: string): Kind {
  const kinds: Record<string, Kind> = {
    END: "end",
    OPEN: "open",
    START: "start",
    BEFORE: "before",
    OTHER: "other",
    MORE: "more",
  }
  return kinds[id] ?? "node"
}

function Numbers(props: {
  customers: number
  row: Row
  name: string
  all?: number
  parent?: number | null
  median?: number | null
}) {
  const { all, parent, median } = props
  return (
    <Figures>
      <Figure name={p("customers")}>
        <Customers value={props.customers} row={props.row} of={props.name} />
      </Figure>
      {all !== undefined && <Figure name={p("ofAll")}>{share(all, 1)}</Figure>}
      {typeof parent === "number" && <Figure name={p("ofBefore")}>{share(parent, 1)}</Figure>}
      {typeof median === "number" && <Figure name={p("median")}>{duration(median)}</Figure>}
    </Figures>
  )
}

function Actions(props: PanelProps & { id: string; kind: Kind; row: Row; path?: string }) {
  const { shows, set, id, kind, row, path, onRoot, onOnly } = props
  const [, list] = useWho()
  const place = kind === "node"
  const { from, to, segment } = shows
  const scope = { ...(from && { from }), ...(to && { to }), ...(segment && { segment }) }
  const way = [
    ...(isEdge(shows.anchor) ? [] : [shows.anchor]),
    ...shows.prefix,
    ...(path?.split(APART) ?? []),
  ].map((one) => patternOf(wholeOf(one, shows.split), shows.level))
  const whole = wholeOf(id, shows.split)
  return (
    <div className={panel.actions}>
      <Button small look="primary" onClick={() => list(row)}>
        {p("seeCustomers")}
      </Button>
      {place && path && (
        <Button small onClick={() => onOnly(path)}>
          {p("onlyThis")}
        </Button>
      )}
      {place && (
        <>
          <Button small onClick={() => onRoot(id, false)}>
            {p("startHere")}
          </Button>
          <Button small onClick={() => onRoot(id, true)}>
            {p("cameHere")}
          </Button>
        </>
      )}
      {place && path && way.length > 1 && !backward(shows) && (
        <Link
          to="/funnels"
          search={{ ...scope, steps: joined(way) } as never}
          className={buttonClass({ small: true })}
        >
          {p("funnelTo")}
        </Link>
      )}
      {place && shows.level === "touchpoint" && (
        <>
          <Button
            small
            title={plural(shows.hidden.length + 1, "touchpoint")}
            onClick={() => set({ hidden: [...shows.hidden, id], pick: null })}
          >
            {p("hideThis")}
          </Button>
          {whole === id && (
            <SplitBy
              touchpoint={id}
              onPick={(property) =>
                set({ split: [...shows.split, `${id} by ${property}`], prefix: [], pick: null })
              }
            />
          )}
          <Link
            to="/map"
            search={{ ...onMap(shows), focus: whole } as never}
            className={buttonClass({ small: true })}
          >
            {p("onMap")}
          </Link>
        </>
      )}
    </div>
  )
}
