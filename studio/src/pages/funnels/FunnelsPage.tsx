/** Funnels: who gets from step to step, how fast, and what those who stop do instead. */
import { useQuery } from "@tanstack/react-query"
import { useCallback, useMemo } from "react"
import type { Answer, Row } from "@/api/analyses"
import { segments } from "@/api/segments"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import { Button } from "@/parts/Button"
import { Empty } from "@/parts/States"
import { count, share } from "@/text/format"
import { questionOf, type Shows, showsOf, wordsOf } from "./address"
import { Chart } from "./Chart"
import { Editor, windowTold } from "./Editor"
import css from "./funnels.module.css"
import { Instead } from "./Instead"
import { f } from "./text"

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(() => showsOf(words), [words])
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => change({ ...wordsOf(to), who: undefined }, { replace }),
    [change],
  )
  const body = useMemo(() => questionOf(shows), [shows])
  const asked = useAnalysis("funnel", body)
  const places = usePlaces()
  const list = useQuery(segments).data?.data
  const names = useMemo(() => new Map(list?.map(({ id, name }) => [id, name])), [list])
  const { answer } = asked
  return (
    <AnalysisPage
      title={f("title")}
      asked={asked}
      scope={shows}
      set={set}
      editor={<Editor shows={shows} set={set} />}
      unasked={body ? undefined : <Unasked places={places} onPick={(steps) => set({ steps })} />}
      bones={<Bones steps={shows.steps.length} />}
      whose={(row) => whose(row, shows, places, names)}
      behind={behind}
      caption={(one) => named(one.caption, shows.steps, places)}
      how={(one) => how(one, shows)}
      panel={
        answer && shows.drop > 0 && <Instead answer={answer} shows={shows} onClose={() => set({ drop: 0 })} />
      }
    >
      {(one) => <Chart answer={one} shows={shows} names={names} onDrop={(drop) => set({ drop })} />}
    </AnalysisPage>
  )
}

/** The hub's sentence with patterns called by their names. */
function named(caption: string, steps: readonly string[], places: Places): string {
  return steps.reduce((told, pattern) => told.replaceAll(pattern, toldOf(pattern, places).label), caption)
}

function Unasked({ places, onPick }: { places: Places; onPick: (steps: string[]) => void }) {
  const stages = places.stages.filter(({ customers }) => customers).slice(0, 4)
  return (
    <Empty
      title={f("emptyTitle")}
      actions={
        stages.length > 1 && (
          <Button look="primary" onClick={() => onPick(stages.map(({ pattern }) => pattern))}>
            {stages.map(({ label }) => label).join(" → ")}
          </Button>
        )
      }
    >
      {f("emptyBody")}
    </Empty>
  )
}

function Bones({ steps }: { steps: number }) {
  return (
    <div className={css.boneBars} style={{ "--steps": steps } as React.CSSProperties}>
      {Array.from({ length: steps }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones never move
        <i key={at} style={{ height: `${100 / (1 + at * 0.6)}%` }} />
      ))}
    </div>
  )
}

const NUMBERS: Readonly<Record<string, string>> = {
  customers: "customers",
  dropped: "dropped",
  still_open: "still_open",
  late: "late",
}

/** Which customers a number of the tables stands for. */
const behind: Behind = (table, row, { name }): Row | null => {
  const step = Number(row.step)
  if (table === "instead") return name === "customers" ? { table, step, next: row.next ?? "" } : null
  const what = NUMBERS[name]
  if (!what) return null
  if (table === "segments") return { table, step, what, segment: row.segment ?? "" }
  return table === "steps" ? { table, step, what } : null
}

function whose(row: Row, shows: Shows, places: Places, names: ReadonlyMap<string, string>): string {
  const step = Number(row.step)
  const pattern = shows.steps[step - 1] ?? ""
  const name =
    shows.mode === "any" ? f("anyStep", { step, of: shows.steps.length }) : toldOf(pattern, places).label
  if (row.table === "instead") {
    const id = String(row.next)
    const next =
      { END: f("nothing"), OPEN: f("stillOpen"), OTHER: f("others") }[id] ?? toldOf(id, places).label
    return f("whoInstead", { name, next })
  }
  const keys = { dropped: "whoStopped", still_open: "whoOpen", late: "whoLate", mature: "whoMature" } as const
  const told = f(keys[row.what as keyof typeof keys] ?? "whoGot", { name })
  const segment = String(row.segment ?? "")
  return segment ? f("inSegment", { what: told, segment: names.get(segment) ?? segment }) : told
}

function how({ totals }: Answer, shows: Shows): readonly [string, string][] {
  const ties = Number(totals.n_tie_dependent ?? 0)
  const mature = totals.mature_share
  return [
    [f("howWindow"), windowTold(shows.window)],
    [f("howTies"), ties ? f("howTiesIs", { count: count(ties) }) : f("noTies")],
    ...(typeof mature === "number"
      ? [
          [f("mature"), f("matureIs", { share: share(mature, 1), count: count(Number(totals.mature)) })] as [
            string,
            string,
          ],
        ]
      : []),
  ]
}
