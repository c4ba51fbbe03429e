/** Dashboard: what every touchpoint does for customers, how they feel over the stages, and what changed beyond chance. */
import { useCallback, useMemo } from "react"
import type { Answer, Body, Row } from "@/api/analyses"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { bodyOf, oneOf, type Scope, scopeOf, wordsOf } from "@/pages/understand/scope"
import shared from "@/pages/understand/understand.module.css"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import { Button } from "@/parts/Button"
import { count, share } from "@/text/format"
import { Alerts } from "./Alerts"
import { Curve } from "./Curve"
import css from "./dashboard.module.css"
import { sorted, tilesOf } from "./model"
import { Tile } from "./Tile"
import { d, SORTS, type Sort } from "./text"

const LEVELS = ["touchpoint", "group", "channel"] as const
const MEASURES = ["emotion", "net", "nps"] as const
const FEW = 24

export interface Shows extends Scope {
  sort: Sort
  measure: (typeof MEASURES)[number]
  all: boolean
}

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(
    (): Shows => ({
      ...scopeOf(words),
      sort: oneOf(SORTS, words.sort, "reach"),
      measure: oneOf(MEASURES, words.measure, "emotion"),
      all: words.all === "yes",
    }),
    [words],
  )
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => {
      const more: Record<string, string | undefined> = {}
      if ("sort" in to) more.sort = to.sort === "reach" ? undefined : to.sort
      if ("measure" in to) more.measure = to.measure === "emotion" ? undefined : to.measure
      if ("all" in to) more.all = to.all ? "yes" : undefined
      change({ ...wordsOf(to), ...more, who: undefined }, { replace })
    },
    [change],
  )
  const asked = useAnalysis(
    "kpis",
    useMemo(() => bodyOf(shows), [shows]),
  )
  return (
    <AnalysisPage
      title={d("title")}
      asked={asked}
      scope={shows}
      set={set}
      levels={LEVELS}
      bones={<div className={shared.block} />}
      whose={(row) => whose(row, asked.answer)}
      behind={behind}
      of={(row) => of(row, shows)}
      how={(answer) => [[d("goals"), answer.tables.touchpoints?.note ?? ""]]}
    >
      {(answer) => <Board answer={answer} shows={shows} set={set} />}
    </AnalysisPage>
  )
}

function Board(props: { answer: Answer; shows: Shows; set: (change: Partial<Shows>) => void }) {
  const { answer, shows, set } = props
  const tiles = tilesOf(answer)
  const listed = sorted(
    tiles.filter(({ status }) => status !== "never" && status !== "other"),
    shows.sort,
  )
  const shown = shows.all ? listed : listed.slice(0, FEW)
  const { totals } = answer
  const number = (name: string) => Number(totals[name] ?? 0)
  return (
    <div className={`${shared.stack} ${css.page}`}>
      <dl className={css.figures}>
        <Figure name={d("customers")}>{count(number("customers"))}</Figure>
        <Figure
          name={d("goal")}
          more={share(number("customers_with_goal") / Math.max(1, number("customers")))}
        >
          {count(number("customers_with_goal"))}
        </Figure>
        <Figure name={d("touchpoints")}>{count(number("touchpoints"))}</Figure>
        <Figure name={d("steps")}>{count(number("events"))}</Figure>
      </dl>
      <div className={css.beside}>
        <Curve shows={shows} set={set} />
        <Alerts shows={shows} />
      </div>
      <div className={css.sorting}>
        <label>
          {d("sort")}{" "}
          <select
            value={shows.sort}
            onChange={(event) => set({ sort: oneOf(SORTS, event.target.value, "reach") })}
          >
            {SORTS.map((one) => (
              <option key={one} value={one}>
                {d(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ul className={css.tiles}>
        {shown.map((tile) => (
          <Tile key={tile.id} tile={tile} shows={shows} currency={String(totals.currency ?? "")} />
        ))}
      </ul>
      {listed.length > shown.length && (
        <Button onClick={() => set({ all: true })}>{d("all", { count: listed.length })}</Button>
      )}
    </div>
  )
}

function Figure({ name, more, children }: { name: string; more?: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">
        {children}
        {more && <small>{more}</small>}
      </dd>
    </div>
  )
}

const behind: Behind = (table, row, { name }): Row | null => {
  if (table === "surveys" && name === "customers") return { table, id: row.id ?? "", asks: row.asks ?? "" }
  return table === "touchpoints" && name === "customers" && row.status !== "never"
    ? { table, id: row.id ?? "", status: row.status ?? "" }
    : null
}

/** Rows of the alerts and of the curve are of questions of their own. */
function of({ of: whose, ...row }: Row, shows: Shows): { name: string; body: Body; row: Row } | null {
  if (whose === "drift") return { name: "drift", body: bodyOf(shows), row }
  return whose === "stages" ? { name: "kpis", body: bodyOf({ ...shows, level: "stage" }), row } : null
}

function whose(row: Row, answer: Answer | undefined): string {
  if (row.status === "other") return d("other")
  if (row.of === "drift") return [row.from, row.to].filter(Boolean).join(" → ")
  if (row.of === "stages" || row.table === "surveys")
    return d(row.table === "surveys" ? "answered" : "ofStage", { name: String(row.id) })
  const found = answer?.tables.touchpoints?.rows.find(({ id }) => id === row.id)
  return d("whose", { name: String(found?.label ?? row.id) })
}
