/** Retention: of those who began together, how many came back, period by period; and when leaving sets in. */
import { useQuery } from "@tanstack/react-query"
import { useCallback, useMemo } from "react"
import type { Body, Row } from "@/api/analyses"
import { segments } from "@/api/segments"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { Picker } from "@/pages/understand/Picker"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { bodyOf, oneOf, type Scope, scopeOf, wordsOf } from "@/pages/understand/scope"
import shared from "@/pages/understand/understand.module.css"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import { Button } from "@/parts/Button"
import { Segmented } from "@/parts/Segmented"
import { Cohorts } from "./Cohorts"
import { Leaving } from "./Leaving"
import css from "./retention.module.css"
import { periodTold, r } from "./text"

const PERIODS = ["day", "week", "month"] as const
type Period = (typeof PERIODS)[number]

interface Shows extends Scope {
  show: "back" | "leave"
  period: Period
  first: string
  back: string
  split: string
}

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(
    (): Shows => ({
      ...scopeOf(words),
      show: words.show === "leave" ? "leave" : "back",
      period: oneOf(PERIODS, words.period, "week"),
      first: words.first ?? "",
      back: words.back ?? "",
      split: words.split ?? "",
    }),
    [words],
  )
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => {
      const more: Record<string, string | undefined> = {}
      if ("show" in to) more.show = to.show === "leave" ? "leave" : undefined
      if ("period" in to) more.period = to.period === "week" ? undefined : to.period
      for (const name of ["first", "back", "split"] as const)
        if (name in to) more[name] = to[name] || undefined
      change({ ...wordsOf(to), ...more, who: undefined }, { replace })
    },
    [change],
  )
  const back = useAnalysis(
    "retention",
    useMemo(() => backBody(shows), [shows]),
  )
  const leave = useAnalysis(
    "churn",
    useMemo(() => leaveBody(shows), [shows]),
  )
  const leaving = shows.show === "leave"
  const [asked, also] = leaving ? [leave, back] : [back, leave]
  const names = useNames()
  return (
    <AnalysisPage
      title={r("title")}
      asked={asked}
      scope={shows}
      set={set}
      levels={["touchpoint"]}
      controls={<Controls shows={shows} set={set} />}
      bones={<div className={shared.block} />}
      whose={(row) => whose(row, shows.period, names)}
      caption={(answer) => told(answer.caption, shows.split, names)}
      behind={leaving ? behindLeaving : behindBack}
    >
      {(answer) => (
        <div className={shared.stack}>
          {leaving ? (
            <Leaving answer={answer} names={names} period={shows.period} />
          ) : (
            <Cohorts answer={answer} period={shows.period} />
          )}
          {also.answer && (
            <section className={css.also} aria-label={r(leaving ? "alsoBack" : "also")}>
              <p>{told(also.answer.caption, shows.split, names)}</p>
              <Button small onClick={() => set({ show: leaving ? "back" : "leave" })}>
                {r("look")}
              </Button>
            </section>
          )}
        </div>
      )}
    </AnalysisPage>
  )
}

/** The hub's sentence with segments called by their names. */
function told(caption: string, split: string, names: (group: string) => string): string {
  if (!split) return caption
  return caption.replaceAll(split, `“${names(split)}”`).replaceAll("(others)", r("others").toLowerCase())
}

function backBody(shows: Shows): Body {
  return {
    ...bodyOf(shows),
    period: shows.period,
    ...(shows.first && { first: shows.first }),
    ...(shows.back && { back: shows.back }),
  }
}

/** Leaving is told of whole lives. */
function leaveBody(shows: Shows): Body {
  return {
    ...bodyOf({ ...shows, journey: "life" }),
    period: shows.period,
    ...(shows.split && { segments: [shows.split] }),
  }
}

function useNames(): (group: string) => string {
  const list = useQuery(segments).data?.data
  return (group) => {
    if (group === "everybody") return r("everybody")
    if (group === "(others)") return r("others")
    return list?.find(({ id }) => id === group)?.name ?? group
  }
}

function Controls({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  const list = useQuery(segments).data?.data ?? []
  return (
    <>
      <Segmented
        label={r("show")}
        value={shows.show}
        choices={[
          { value: "back", label: r("back") },
          { value: "leave", label: r("leave") },
        ]}
        onChange={(show) => set({ show })}
      />
      <Segmented
        label={r("period")}
        value={shows.period}
        choices={PERIODS.map((value) => ({ value, label: r(value) }))}
        onChange={(period) => set({ period })}
      />
      {shows.show === "back" ? (
        <>
          <Step
            label={r("began")}
            none={r("anything")}
            value={shows.first}
            onChange={(first) => set({ first })}
          />
          <Step
            label={r("came")}
            none={r("anywhere")}
            value={shows.back}
            onChange={(back) => set({ back })}
          />
        </>
      ) : (
        <label className={shared.control}>
          {r("split")}
          <select value={shows.split} onChange={(event) => set({ split: event.target.value })}>
            <option value="">{r("splitNone")}</option>
            {list.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  )
}

function Step(props: { label: string; none: string; value: string; onChange: (to: string) => void }) {
  const { label, none, value, onChange } = props
  const places = usePlaces()
  return (
    <span className={shared.control}>
      {label}
      <Picker label={label} onPick={onChange}>
        <Button small aria-label={`${label}: ${value ? toldOf(value, places).label : none}`}>
          {value ? toldOf(value, places).label : none}
        </Button>
      </Picker>
      {value && (
        <Button small look="quiet" onClick={() => onChange("")}>
          {none}
        </Button>
      )}
    </span>
  )
}

const behindBack: Behind = (table, row, { name }): Row | null => {
  const cohort = row.cohort ?? ""
  if (table === "cohorts" && name === "customers") return { table, cohort }
  return table === "cells" && name === "returned" ? { table, cohort, period: row.period ?? 0 } : null
}

const behindLeaving: Behind = (table, row, { name }): Row | null => {
  const group = row.group ?? ""
  if (table === "groups" && name === "customers") return { table, group }
  return table === "periods" && name === "left" ? { table, group, period: row.period ?? 0 } : null
}

function whose(row: Row, period: Period, names: (group: string) => string): string {
  if ("group" in row) {
    const group = names(String(row.group))
    return "period" in row
      ? r("whoLeft", {
          group,
          period: row.period === 0 ? r("atOnce") : periodTold(period, Number(row.period)),
        })
      : r("whoGroup", { group })
  }
  const cohort = String(row.cohort)
  return "period" in row
    ? r("whoCell", { cohort, period: periodTold(period, Number(row.period)) })
    : r("whoCohort", { cohort })
}
