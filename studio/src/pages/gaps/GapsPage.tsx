/** Gaps: where customers fall between channels and systems, ranked by what it takes from them and from the company. */
import { useCallback, useMemo } from "react"
import type { Answer, Row } from "@/api/analyses"
import { useWords } from "@/app/search"
import { AnalysisPage } from "@/pages/understand/AnalysisPage"
import type { Behind } from "@/pages/understand/AnswerTables"
import { Chips } from "@/pages/understand/Chips"
import { useAnalysis } from "@/pages/understand/useAnalysis"
import parts from "@/parts/parts.module.css"
import { GapPanel } from "./GapPanel"
import css from "./gaps.module.css"
import { Ideas } from "./Ideas"
import { bare, List, titleOf } from "./List"
import { gapsOf, questionOf, type Shows, sameGap, showsOf, wordsOf } from "./model"
import { Rules } from "./Rules"
import { g, KINDS, type Kind } from "./text"

const LEVELS = ["touchpoint", "group", "stage"] as const

export function Page() {
  const [words, change] = useWords()
  const shows = useMemo(() => showsOf(words), [words])
  const set = useCallback(
    (to: Partial<Shows>, replace = false) => change({ ...wordsOf(to), who: undefined }, { replace }),
    [change],
  )
  const asked = useAnalysis(
    "gaps",
    useMemo(() => questionOf(shows), [shows]),
  )
  const opened = asked.answer && shows.gap && gapsOf(asked.answer).find((one) => sameGap(one, shows.gap))
  return (
    <AnalysisPage
      title={g("title")}
      asked={asked}
      scope={shows}
      set={set}
      levels={LEVELS}
      controls={<Controls shows={shows} set={set} />}
      bones={<Bones />}
      whose={(row) => whoseOf(row, asked.answer)}
      behind={behind}
      caption={(answer) => bare(answer.caption)}
      how={(answer) => [[g("value"), answer.tables.gaps?.note ?? ""]]}
      panel={opened && <GapPanel gap={opened} shows={shows} onClose={() => set({ gap: null })} />}
    >
      {(answer) => (
        <>
          <List answer={answer} shows={shows} onOpen={(gap) => set({ gap })} />
          <Ideas />
        </>
      )}
    </AnalysisPage>
  )
}

function Controls({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  return (
    <>
      <label className={css.control}>
        {g("kinds")}
        <select
          value={shows.kinds.length === 1 ? shows.kinds[0] : ""}
          onChange={(event) =>
            set({ kinds: event.target.value ? [event.target.value as Kind] : [], gap: null })
          }
        >
          <option value="">{g("everyKind")}</option>
          {Object.entries(KINDS).map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className={css.control}>
        {g("sides")}
        <select
          value={shows.sides}
          onChange={(event) =>
            set({ sides: event.target.value === "source" ? "source" : "channel", gap: null })
          }
        >
          <option value="channel">{g("channel")}</option>
          <option value="source">{g("source")}</option>
        </select>
      </label>
      <Amount label={g("worth")} value={shows.worth} onChange={(worth) => set({ worth })} />
      <Amount label={g("cost")} value={shows.cost} onChange={(cost) => set({ cost })} />
      <Chips
        label={g("goals")}
        add={shows.goals.length ? g("goals") : g("addGoal")}
        list={shows.goals}
        onChange={(goals) => set({ goals })}
      />
      {(shows.kinds.includes("contradiction") || shows.contradictions.length > 0) && (
        <Rules
          rules={shows.contradictions}
          onChange={(contradictions) => set({ contradictions, gap: null })}
        />
      )}
    </>
  )
}

function Amount({
  label,
  value,
  onChange,
}: {
  label: string
  value: number
  onChange: (to: number) => void
}) {
  return (
    <label className={css.control}>
      {label}
      <input
        key={value}
        type="number"
        min={0}
        step="any"
        className={`${parts.input} ${css.amount}`}
        defaultValue={value}
        onBlur={(event) => {
          const told = event.target.valueAsNumber
          if (Number.isFinite(told) && told >= 0 && told !== value) onChange(told)
        }}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </label>
  )
}

function Bones() {
  return (
    <div className={css.boneRows}>
      {[88, 72, 60, 48, 36, 30].map((width) => (
        <i key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}

const behind: Behind = (table, row, { name }): Row | null => {
  if (name !== "customers") return null
  if (table === "kinds") return { table, kind: row.kind ?? "" }
  return table === "gaps" ? { table, kind: row.kind ?? "", from: row.from ?? "", to: row.to ?? "" } : null
}

function whoseOf(row: Row, answer: Answer | undefined): string {
  const kind = KINDS[String(row.kind) as Kind] ?? g("other")
  if (row.table === "kinds" || !row.from) return kind
  const gap = answer && gapsOf(answer).find((one) => sameGap(one, row))
  return g("whose", { kind, name: gap ? titleOf(gap) : String(row.from) })
}
