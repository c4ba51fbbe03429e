/** Attribution: which touchpoints led to a goal, by seven models side by side, how sure each is, and how far they disagree. */
import { useCallback, useMemo } from "react"
import type { Answer, Body, Row } from "@/api/analyses"
import { Refused } from "@/api/client"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { Chips } from "@/pages/understand/Chips"
import { bodyOf, type Scope, scopeOf, wordsOf } from "@/pages/understand/scope"
import shared from "@/pages/understand/understand.module.css"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import { Segmented } from "@/parts/Segmented"
import { Empty } from "@/parts/States"
import { joined, listed } from "@/text/list"
import css from "./attribution.module.css"
import { Apart, Channels } from "./Beside"
import { Credits } from "./Credits"
import { a, MODELS } from "./text"

const LEVELS = ["touchpoint", "group", "stage", "channel"] as const
const CAMPAIGNS = ["touchpoint"] as const
const BACK = [7, 14, 30, 60, 90] as const
const USUAL = 30

export interface Shows extends Scope {
  goals: readonly string[]
  back: number
  sort: string
  campaigns: boolean
}

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo((): Shows => {
    const back = Number(words.back)
    return {
      ...scopeOf({ ...words, goal: undefined }),
      goals: listed(words.goals),
      back: Number.isInteger(back) && back > 0 && back <= 3_650 ? back : USUAL,
      campaigns: words.credited === "campaigns",
      sort: words.sort && words.sort in MODELS ? words.sort : "markov",
    }
  }, [words])
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => {
      const more: Record<string, string | undefined> = {}
      if ("goals" in to) more.goals = joined(to.goals ?? [])
      if ("back" in to) more.back = to.back === USUAL ? undefined : String(to.back)
      if ("campaigns" in to) more.credited = to.campaigns ? "campaigns" : undefined
      if ("sort" in to) more.sort = to.sort === "markov" ? undefined : to.sort
      change({ ...wordsOf(to), ...more, who: undefined }, { replace })
    },
    [change],
  )
  const asked = useAnalysis(
    "attribution",
    useMemo(() => questionOf(shows), [shows]),
  )
  const goalless = !shows.goals.length && asked.failed instanceof Refused && asked.failed.status === 400
  return (
    <AnalysisPage
      title={a("title")}
      asked={asked}
      scope={shows}
      set={set}
      levels={shows.campaigns ? CAMPAIGNS : LEVELS}
      controls={<Controls shows={shows} set={set} />}
      bones={<div className={shared.block} />}
      unasked={goalless ? <Empty title={a("unasked")}>{a("unaskedBody")}</Empty> : undefined}
      whose={(row) => whose(row, asked.answer)}
      behind={behind}
    >
      {(answer) => (
        <div className={shared.stack}>
          <Credits answer={answer} sort={shows.sort} onSort={(sort) => set({ sort })} />
          <div className={css.beside}>
            <Apart answer={answer} />
            <Channels answer={answer} level={shows.level} onLevel={() => set({ level: "channel" })} />
          </div>
        </div>
      )}
    </AnalysisPage>
  )
}

function questionOf(shows: Shows): Body {
  return {
    ...bodyOf(shows),
    ...(shows.goals.length && { goals: [...shows.goals] }),
    ...(shows.campaigns && { credited: "campaigns" }),
    ...(shows.back !== USUAL && { lookback: `${shows.back}d` }),
  }
}

function Controls({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  return (
    <>
      <span className={shared.control}>
        {a("goals")}
        <Chips
          label={a("goals")}
          add={a(shows.goals.length ? "more" : "company")}
          list={shows.goals}
          onChange={(goals) => set({ goals })}
        />
      </span>
      <Segmented
        label={a("credited")}
        value={shows.campaigns ? "campaigns" : "places"}
        choices={[
          { value: "places", label: a("places") },
          { value: "campaigns", label: a("campaigns") },
        ]}
        onChange={(one) => set({ campaigns: one === "campaigns" })}
      />
      <label className={shared.control}>
        {a("lookback")}
        <select value={shows.back} onChange={(event) => set({ back: Number(event.target.value) })}>
          {[...new Set([...BACK, shows.back])].map((days) => (
            <option key={days} value={days}>
              {a("days", { days })}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}

const behind: Behind = (table, row, { name }): Row | null =>
  table === "touchpoints" && name === "customers" ? { table, id: row.id ?? "" } : null

function whose(row: Row, answer: Answer | undefined): string {
  const found = answer?.tables.touchpoints?.rows.find(({ id }) => id === row.id)
  return a("whose", { name: String(found?.label ?? row.id) })
}
