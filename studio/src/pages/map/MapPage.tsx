/** The journey map: which touchpoint leads to which, for how many customers, how fast, and where they leave. */
import { Link } from "@tanstack/react-router"
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import { toast } from "sonner"
import { useKeys } from "@/app/keyboard"
import { useWords } from "@/app/search"
import shared from "@/pages/understand/understand.module.css"
import { Button, buttonClass } from "@/parts/Button"
import { PageFrame } from "@/parts/Page"
import { Period } from "@/parts/Period"
import parts from "@/parts/parts.module.css"
import { SegmentChoice } from "@/parts/SegmentChoice"
import { Empty, Failed } from "@/parts/States"
import { useMedia } from "@/parts/useMedia"
import { useSize } from "@/parts/useSize"
import { periodTold } from "@/text/days"
import { ago, exact, plural } from "@/text/format"
import { t } from "@/text/t"
import { type Shows, showsOf, wordsOf } from "./address"
import { ChangePanel } from "./ChangePanel"
import { ChangeTable } from "./ChangeTable"
import { Compare, useAgainst } from "./Compare"
import { Actions, Bar, JourneyChoice, useSliding } from "./Controls"
import { Bones } from "./draw/Bones"
import { Chart } from "./draw/Chart"
import { Moving } from "./draw/Moving"
import { Replay } from "./draw/Replay"
import { painted } from "./draw/RibbonCanvas"
import { download, pngOf, svgOf } from "./export"
import { withChanged } from "./graph/changes"
import { cover } from "./graph/cover"
import { focusOf, wideOf, withFocus } from "./graph/focus"
import { type Graph, linkKey } from "./graph/graph"
import { Legend } from "./Legend"
import type { Grid } from "./layout/types"
import css from "./MapPage.module.css"
import { Panel } from "./Panel"
import { type Picture, pictureOf } from "./picture"
import { TableForm } from "./TableForm"
import { m } from "./text"
import { type Asked, useActions } from "./useActions"
import { useMap } from "./useMap"
import { WidePanel } from "./WidePanel"

/** Nothing moves by itself where the system asks for less motion. */
const STILL = "(prefers-reduced-motion: reduce)"

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(() => showsOf(words), [words])
  const compared = shows.compare !== ""
  const set = useCallback(
    (to: Partial<Shows>, replace = false) =>
      change(wordsOf(to, "compare" in to ? to.compare !== "" : compared), { replace }),
    [change, compared],
  )
  const [frame, size] = useSize<HTMLDivElement>()
  const map = useMap(shows, size)
  const { graph, grid } = map
  const [sliding, slide] = useSliding(shows, set)
  const [live, setLive] = useState(true)
  const sheet = useRef<HTMLDivElement>(null)
  const [strip, setStrip] = useState<Element | null>(null)
  const moves = !useMedia(STILL)
  const shown = useMemo(
    () => graph && cover(graph, sliding.touchpoints || graph.touchpoints.length, sliding.coverage / 100),
    [graph, sliding.touchpoints, sliding.coverage],
  )
  const focus = useMemo(
    () => (graph && shown && shows.focus ? focusOf(graph, shown, shows.focus, shows.next) : null),
    [graph, shown, shows.focus, shows.next],
  )
  const wide = focus && !graph?.at.has(focus.id) ? wideOf(focus.id)[0] : ""
  const changes = shows.mode === "change" ? map.changes : null
  const lit = useMemo(() => {
    const wanted = shown && graph && changes ? withChanged(shown, graph, changes) : shown
    return wanted && withFocus(wanted, focus)
  }, [shown, graph, changes, focus])
  const against = useAgainst(shows)
  const [told, tell] = useState(true)
  const [pointed, point] = useState("")
  const onPoint = useCallback((from: string, to: string) => point(from && linkKey(from, to)), [])
  const pointedAt = useMemo(() => (pointed ? new Set([pointed]) : null), [pointed])
  const picture = useMemo(() => grid && graph && lit && pictureOf(grid, graph, lit), [grid, graph, lit])
  const on = useActions(shows, set, map)
  useKeys((event) => {
    if (event.key === "t") set({ table: !shows.table })
  })
  const printing = useMedia("print") // paper gets the table

  const exported = async (kind: "svg" | "png") => {
    if (!sheet.current || !grid || !graph || !picture) return
    try {
      const ribbons = painted(picture.ribbons, graph, changes, sheet.current)
      const scope = against ? `, ${m("comparedWith", { what: against })}` : ""
      const svg = svgOf(sheet.current, grid, `${m("title")}, ${periodTold(shows)}${scope}`, ribbons)
      download(
        kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await pngOf(svg),
        `journey-map.${kind}`,
      )
    } catch {
      toast.error(m("failedExport"))
    }
  }

  const caption = changes?.comparison.caption ?? graph?.answer.caption
  const nobody = graph && graph.answer.totals.events === 0
  const drawn =
    shown && graph
      ? {
          touchpoints: shown.touchpoints.length,
          of: graph.touchpoints.length,
          all: map.all,
          links: shown.drawn,
          ofLinks: shown.of,
          share: shown.share,
        }
      : null
  return (
    <PageFrame
      title={m("title")}
      controls={
        <>
          <Period days={shows} set={set} />
          <SegmentChoice segment={shows.segment} set={(segment) => set({ segment })} />
          <JourneyChoice shows={shows} set={set} />
          <Compare shows={shows} set={set} />
        </>
      }
      caption={changes && told ? undefined : caption}
      actions={
        <Actions
          shows={shows}
          set={set}
          live={live}
          setLive={setLive}
          onExport={(kind) => void exported(kind)}
          still={!moves}
          yesterday={dayBefore(graph?.answer.header.as_of)}
        />
      }
    >
      <div className={shared.page}>
        <Bar shows={shows} set={set} sliding={sliding} slide={slide} drawn={drawn}>
          {changes && !told && (
            <Button small look="quiet" onClick={() => tell(true)}>
              {m("changed")}
            </Button>
          )}
          {graph && !map.none && (
            <Told
              customers={graph.answer.totals.customers}
              at={map.updatedAt}
              guessed={graph.guessed}
              placed={graph.touchpoints.some(({ placed }) => placed)}
              failed={map.failed ? map.again : undefined}
            />
          )}
        </Bar>
        <div
          className={`${shared.body} ${css.body} ${map.dimmed ? parts.dimmed : ""}`}
          ref={frame}
          aria-busy={map.dimmed || map.pending}
        >
          {!nobody && grid && picture && !shows.table && !printing && <Legend changes={changes !== null} />}
          {map.pending && !map.none && <Bones />}
          {map.failed && !graph && <Failed error={map.failed} retry={map.again} />}
          {map.none && <NothingYet />}
          {nobody && !map.none && <Nobody onClear={() => set({ from: "", to: "", segment: "" })} />}
          {!nobody &&
            graph &&
            shown &&
            lit &&
            grid &&
            picture &&
            (shows.table || printing) &&
            (changes ? (
              <ChangeTable graph={graph} shown={shown} changes={changes} onFocus={on.focus} />
            ) : (
              <TableForm graph={graph} shown={shown} onFocus={on.focus} />
            ))}
          {!nobody && graph && lit && grid && picture && !shows.table && !printing && (
            <Chart
              grid={grid}
              graph={graph}
              shown={lit}
              picture={picture}
              mode={shows.mode}
              changes={changes}
              focus={focus?.id ?? ""}
              among={focus?.ids ?? null}
              focused={focus?.keys ?? pointedAt}
              wide={graph.stages.findIndex(({ id }) => id === shows.stage)}
              totals={map.totals}
              sheet={sheet}
              onFocus={on.pick}
              onLink={on.link}
              onStage={on.stage}
              onChannel={on.channel}
              onLeave={on.leave}
            >
              {moves && shows.replay && (
                <Replay
                  {...stageOf(map, grid, graph, picture.radii)}
                  day={shows.replay}
                  segment={shows.segment}
                  onDay={(replay) => set({ replay }, true)}
                  onClose={() => set({ replay: "" })}
                  strip={strip}
                />
              )}
              {moves && live && !shows.replay && <Moving {...stageOf(map, grid, graph, picture.radii)} />}
            </Chart>
          )}
          <div ref={setStrip} className={css.strips} />
          {graph && changes && told && !focus && !nobody && !shows.table && (
            <ChangePanel
              graph={graph}
              changes={changes}
              against={against}
              onFocus={on.pick}
              onLink={(from, to) => {
                point("")
                on.link(from, to)
              }}
              onPoint={onPoint}
              onClose={() => tell(false)}
            />
          )}
          {graph && focus && wide && !nobody && (
            <WidePanel
              key={wide}
              wide={wide}
              focus={focus}
              graph={map.wide}
              onFocus={on.pick}
              onLink={on.link}
              onClose={on.leave}
              scope={shows}
            />
          )}
          {graph && focus && !wide && !nobody && (
            <Panel
              graph={graph}
              id={focus.id}
              next={focus.next}
              wide=""
              onFocus={on.pick}
              onLink={on.link}
              onClose={on.leave}
              {...groupOf(map, focus.id, shows.open)}
              scope={shows}
              changes={changes}
              onCloseGroup={() => on.closeGroup(focus.id)}
            />
          )}
        </div>
      </div>
    </PageFrame>
  )
}

/** The opened group a touchpoint in focus belongs to, and what else is in it. */
function groupOf(map: Asked, id: string, open: readonly string[]) {
  const touchpoint = map.graph?.at.get(id)
  const group = open.find((name) => name === id || name === touchpoint?.group) ?? ""
  const rest =
    group === id && map.graph ? (map.groups.get(group) ?? []).filter((one) => !map.graph?.at.has(one.id)) : []
  return { group, members: rest }
}

const stageOf = (map: Asked, grid: Grid, graph: Graph, radii: Picture["radii"]) => ({
  grid,
  graph,
  members: map.members,
  radii,
})

/** The day before a moment, in UTC. */
function dayBefore(moment: string | undefined): string {
  return new Date((moment ? Date.parse(moment) : Date.now()) - 86_400_000).toISOString().slice(0, 10)
}

function Told(props: {
  customers: number
  at: number
  guessed: boolean
  placed: boolean
  /** The last try failed: how to try again. */
  failed: (() => void) | undefined
}) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 5_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <p className={css.told}>
      {props.guessed && (
        <span title={m("guessed")}>
          {m("stageOwn")} · <Link to="/touchpoints">{m("nameThem")}</Link>
        </span>
      )}
      {props.placed && <span>{m("placedLegend")}</span>}
      {props.failed && (
        <span role="status">
          {m("stale")}{" "}
          <button type="button" className={css.again} onClick={props.failed}>
            {t("state.retry")}
          </button>
        </span>
      )}
      <span className="num">{plural(props.customers, "customer")}</span>
      <span title={exact(props.at)} className="num">
        {m("updated", { ago: ago(props.at) })}
      </span>
    </p>
  )
}

function NothingYet() {
  return (
    <Empty
      title={m("emptyTitle")}
      actions={
        <Link to="/start" className={buttonClass({ look: "primary" })}>
          {m("connect")}
        </Link>
      }
    >
      {m("empty")}
    </Empty>
  )
}

function Nobody({ onClear }: { onClear: () => void }) {
  return (
    <Empty
      title={m("nobody")}
      actions={
        <Button look="primary" onClick={onClear}>
          {m("clear")}
        </Button>
      }
    >
      {m("nobodyBody")}
    </Empty>
  )
}
