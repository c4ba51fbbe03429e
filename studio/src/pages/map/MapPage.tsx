/** The journey map: which touchpoint leads to which, for how many customers, how fast, and where they leave. */
import { useQuery } from "@tanstack/react-query"
import { useCallback, useMemo, useRef } from "react"
import { useWords } from "@/app/search"
import { PageFrame } from "@/parts/Page"
import { Failed, Loading } from "@/parts/States"
import { type Shows, showsOf, wordsOf } from "./address"
import { baseOf, mapOf, type Question, unfiltered } from "./ask"
import { Chart } from "./draw/Chart"
import { FOOT, HEAD, LABELS } from "./draw/sizes"
import { cover } from "./graph/cover"
import { graphOf } from "./graph/graph"
import { layout } from "./layout/grid"
import css from "./MapPage.module.css"
import { pictureOf } from "./picture"
import { m } from "./text"
import { useSize } from "./useSize"

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(() => showsOf(words), [words])
  const set = useCallback((to: Partial<Shows>, replace = false) => change(wordsOf(to), { replace }), [change])
  const question: Question = {
    level: "touchpoint",
    from: shows.from,
    to: shows.to,
    segment: shows.segment,
    journey: shows.journey,
    collapse: shows.collapse,
    open: [],
  }
  const base = useQuery(baseOf({ ...question, from: "", to: "", segment: "" }))
  const same = unfiltered(question)
  const asked = useQuery({
    ...mapOf(question),
    enabled: !same || base.data !== undefined,
    ...(same && base.data ? { initialData: base.data, initialDataUpdatedAt: base.dataUpdatedAt } : {}),
  })
  const [frame, size] = useSize<HTMLDivElement>()
  const sheet = useRef<HTMLDivElement>(null)
  const whole = useMemo(() => base.data && graphOf(base.data), [base.data])
  const graph = useMemo(
    () => (whole && asked.data ? graphOf(asked.data, whole) : undefined),
    [whole, asked.data],
  )
  const grid = useMemo(() => {
    if (!whole || !size) return undefined
    const wide = whole.stages.findIndex(({ id }) => id === shows.stage)
    return layout(
      { spots: whole.touchpoints, flows: whole.links, stages: whole.stages.length },
      {
        width: size.width - LABELS - 6,
        height: size.height - HEAD - FOOT,
        wide: wide < 0 ? undefined : wide,
        folded: new Set(shows.folded),
      },
    )
  }, [whole, size, shows.stage, shows.folded])
  const shown = useMemo(
    () => graph && cover(graph, shows.touchpoints || graph.touchpoints.length, shows.coverage / 100),
    [graph, shows.touchpoints, shows.coverage],
  )
  const picture = useMemo(() => grid && graph && shown && pictureOf(grid, graph, shown), [grid, graph, shown])
  const focused = useMemo(() => {
    if (!shows.focus || !shown) return null
    return new Set(
      shown.links
        .filter((link) => link.from === shows.focus || link.to === shows.focus)
        .map(({ key }) => key),
    )
  }, [shows.focus, shown])

  return (
    <PageFrame title={m("title")}>
      <div className={css.body} ref={frame}>
        {base.isPending && <Loading lines={10} what={m("counting")} />}
        {base.error && !base.data && <Failed error={base.error} retry={() => void base.refetch()} />}
        {grid && graph && shown && picture && (
          <Chart
            grid={grid}
            graph={graph}
            shown={shown}
            picture={picture}
            mode={shows.mode}
            focus={shows.focus}
            focused={focused}
            wide={undefined}
            sheet={sheet}
            onFocus={(id) => set({ focus: id, next: "" })}
            onLink={(focus, next) => set({ focus, next })}
            onStage={(stage) => set({ stage: stage === shows.stage ? "" : stage })}
            onChannel={(id) =>
              set({
                folded: shows.folded.includes(id)
                  ? shows.folded.filter((one) => one !== id)
                  : [...shows.folded, id],
              })
            }
            onLeave={() => set({ focus: "", next: "" })}
          />
        )}
      </div>
    </PageFrame>
  )
}
