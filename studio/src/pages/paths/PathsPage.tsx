/** Paths: what customers do after or before anything, as a flow, a tree, or a list of whole ways. */
import { useCallback, useMemo } from "react"
import type { Answer, Row } from "@/api/analyses"
import { useKeys } from "@/app/keyboard"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { useAnalysis, useWho } from "@/pages/understand/useAnalysis"
import { Button } from "@/parts/Button"
import { Empty } from "@/parts/States"
import { isEdge, patternOf, questionOf, type Shows, showsOf, wordsOf } from "./address"
import { Controls, Crumbs } from "./Controls"
import { Flow } from "./Flow"
import { List } from "./List"
import { APART, nameOf } from "./model"
import { Panel } from "./Panel"
import css from "./paths.module.css"
import { Tree } from "./Tree"
import { p } from "./text"

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(() => showsOf(words), [words])
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => change({ ...wordsOf(to), who: undefined }, { replace }),
    [change],
  )
  const body = useMemo(() => questionOf(shows), [shows])
  const asked = useAnalysis("paths", body)
  const places = usePlaces()
  const [who] = useWho()
  const { answer } = asked
  const on = useActions(shows, set)
  useKeys((event) => {
    if (event.key === "Escape" && !who && shows.pick) set({ pick: null })
  })
  return (
    <AnalysisPage
      title={p("title")}
      asked={asked}
      scope={shows}
      set={set}
      controls={<Controls shows={shows} set={set} />}
      bones={<Bones steps={shows.depth} />}
      whose={(row) => whose(row, shows, places)}
      behind={behind}
      caption={(one) => named(one.caption, shows, places)}
      panel={answer && shows.pick && <Panel answer={answer} shows={shows} set={set} {...on} />}
    >
      {(one) => (
        <div className={css.page}>
          <Crumbs shows={shows} set={set} />
          <Picture answer={one} shows={shows} set={set} {...on} />
        </div>
      )}
    </AnalysisPage>
  )
}

type Actions = ReturnType<typeof useActions>

function Picture({
  answer,
  shows,
  set,
  onRoot,
  onOnly,
}: { answer: Answer; shows: Shows; set: (to: Partial<Shows>) => void } & Actions) {
  if (!answer.totals.walks) return <Nobody set={set} />
  const onPick = (pick: Row | null) => set({ pick })
  if (shows.form === "list") return <List answer={answer} shows={shows} set={set} />
  if (shows.form === "tree")
    return <Tree answer={answer} shows={shows} onPick={onPick} onRoot={onRoot} onOnly={onOnly} />
  return <Flow answer={answer} shows={shows} onPick={onPick} onRoot={onRoot} />
}

/** How paths are begun elsewhere. */
function useActions(shows: Shows, set: (to: Partial<Shows>) => void) {
  return useMemo(
    () => ({
      onRoot: (id: string, before = shows.before) =>
        set({ anchor: patternOf(id, shows.level), before, prefix: [], pick: null }),
      onOnly: (path: string) => set({ prefix: [...shows.prefix, ...path.split(APART)], pick: null }),
    }),
    [shows, set],
  )
}

function Nobody({ set }: { set: (to: Partial<Shows>) => void }) {
  return (
    <Empty
      title={p("nobodyThere")}
      actions={
        <Button look="primary" onClick={() => set({ anchor: "START", prefix: [], pick: null })}>
          {p("fromStart")}
        </Button>
      }
    >
      {p("nobodyThereBody")}
    </Empty>
  )
}

function Bones({ steps }: { steps: number }) {
  return (
    <div className={css.bones}>
      {Array.from({ length: steps }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones never move
        <div key={at}>
          {[46, 28, 16, 10].map((share) => (
            <i key={share} style={{ height: `${share}%` }} />
          ))}
        </div>
      ))}
    </div>
  )
}

/** The hub's sentence with a place called by its name. */
function named(caption: string, shows: Shows, places: Places): string {
  return [shows.anchor, ...shows.prefix]
    .filter((one) => !isEdge(one))
    .reduce((told, one) => told.replaceAll(one, toldOf(one, places).label), caption)
}

/** Which customers a number of the tables stands for. */
const behind: Behind = (table, row, { name }): Row | null => {
  if (name !== "customers") return null
  if (table === "nodes") return { table, step: row.step ?? 0, node: row.node ?? "" }
  if (table === "links") return { table, step: row.step ?? 0, from: row.from ?? "", to: row.to ?? "" }
  return { table, path: row.path ?? "" }
}

function whose(row: Row, shows: Shows, places: Places): string {
  const name = (id: unknown) => nameOf(String(id), "", shows.level, places).label
  if (row.table === "nodes") return p("whoNode", { name: name(row.node), step: String(row.step) })
  if (row.table === "links") return p("linkOf", { from: name(row.from), to: name(row.to) })
  return String(row.path).split(APART).map(name).join(" → ")
}
