/** Segments: rules about customers, with how many fit them while they are written. */
import { useQuery } from "@tanstack/react-query"
import { Plus } from "lucide-react"
import { useCallback, useMemo, useState } from "react"
import { queries } from "@/api/queries"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Empty, Failed, Loading } from "@/parts/States"
import { count } from "@/text/format"
import { counted, type Entry, entries } from "./asked"
import { type Draft, Editor } from "./Editor"
import { isRule } from "./rule"
import css from "./segments.module.css"
import { s } from "./text"

/** The address's word for a segment that has no id yet. */
const NEW = "(new)"

export function Page() {
  const [words, change] = useWords()
  const list = useQuery(entries)
  const numbers = useQuery(counted)
  const [made, remake] = useState(0)
  const draft = useMemo(() => draftOf(words.draft), [words.draft])
  const asked = words.segment ?? ""
  const chosen = asked === NEW ? undefined : list.data?.find(({ id }) => id === asked)
  const open = useCallback(
    (segment: string, also: Record<string, string | undefined> = {}) => {
      change({ segment: segment || undefined, draft: undefined, with: undefined, ...also })
      remake((times) => times + 1)
    },
    [change],
  )
  const published = (id: string) => {
    for (const key of ["segments", "config"]) void queries.invalidateQueries({ queryKey: [key] })
    // what counts anew does so in the background, a moment later
    for (const wait of [700, 2_000, 4_000, 7_000])
      setTimeout(() => void queries.invalidateQueries({ queryKey: ["segments"] }), wait)
    open(id)
  }
  if (list.error && !list.data)
    return (
      <PageFrame title={s("title")}>
        <Failed error={list.error} retry={() => void list.refetch()} />
      </PageFrame>
    )
  const rows = list.data ?? []
  const begin = () => open(NEW)
  return (
    <PageFrame
      title={s("title")}
      actions={
        <Button look={asked ? "plain" : "primary"} onClick={begin}>
          <Plus size={15} aria-hidden="true" />
          {s("new")}
        </Button>
      }
    >
      {list.isPending ? (
        <Loading />
      ) : (
        <div className={css.page} data-chosen={asked ? "yes" : "no"}>
          {rows.length > 0 && (
            <List
              rows={rows}
              chosen={asked}
              customers={new Map(numbers.data?.map((one) => [one.id, one.customers ?? null]))}
              onOpen={open}
            />
          )}
          <div className={css.main}>
            {asked && (chosen || asked === NEW) ? (
              <Editor
                key={`${asked} ${made} ${chosen?.published ?? 0} ${chosen?.draft ?? 0}`}
                id={chosen?.id ?? ""}
                saved={chosen ? savedOf(chosen) : null}
                inForce={Boolean(chosen?.published)}
                draft={draft}
                taken={new Set(rows.map(({ id }) => id))}
                other={words.with ?? ""}
                onDraft={(to) => change({ draft: to ? JSON.stringify(to) : undefined }, { replace: true })}
                onOther={(id) => change({ with: id || undefined })}
                onMake={(name, rule) => open(NEW, { draft: JSON.stringify({ name, rule }) })}
                onPublished={published}
              />
            ) : (
              <Empty
                title={asked ? s("unknown", { id: asked }) : rows.length ? s("pick") : s("none")}
                actions={
                  <Button look="primary" onClick={begin}>
                    {s("new")}
                  </Button>
                }
              >
                {s("noneBody")}
              </Empty>
            )}
          </div>
        </div>
      )}
    </PageFrame>
  )
}

function List(props: {
  rows: readonly Entry[]
  chosen: string
  customers: ReadonlyMap<string, number | null>
  onOpen: (id: string) => void
}) {
  const { rows, chosen, customers, onOpen } = props
  const [typed, type] = useState("")
  const sought = typed.trim().toLowerCase()
  const most = Math.max(1, ...rows.map(({ id }) => customers.get(id) ?? 0))
  const shown = rows
    .filter((one) => `${nameOf(one)} ${one.id}`.toLowerCase().includes(sought))
    .toSorted((a, b) => (customers.get(b.id) ?? -1) - (customers.get(a.id) ?? -1) || (a.id < b.id ? -1 : 1))
  return (
    <nav className={css.list} aria-label={s("list")}>
      <input
        className={parts.input}
        type="search"
        aria-label={s("find")}
        placeholder={s("find")}
        value={typed}
        onChange={(event) => type(event.target.value)}
      />
      <ul>
        {shown.map((one) => {
          const number = customers.get(one.id) ?? null
          return (
            <li key={one.id}>
              <button
                type="button"
                aria-current={one.id === chosen ? "true" : undefined}
                onClick={() => onOpen(one.id)}
              >
                <span dir="auto">{nameOf(one)}</span>
                <strong className="num">
                  {number === null ? (one.published ? "…" : s("draftOf")) : count(number)}
                </strong>
                <i aria-hidden="true">
                  <b style={{ width: `${(100 * (number ?? 0)) / most}%` }} />
                </i>
              </button>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

const nameOf = ({ id, body }: Entry) => (typeof body.name === "string" && body.name ? body.name : id)

const savedOf = (entry: Entry): Draft => ({
  name: nameOf(entry),
  rule: isRule(entry.body.rule) ? entry.body.rule : { all: [] },
})

function draftOf(word: string | undefined): Draft | null {
  if (!word) return null
  try {
    const told: unknown = JSON.parse(word)
    if (!isRule(told) || typeof told.name !== "string" || !isRule(told.rule)) return null
    return { name: told.name, rule: told.rule }
  } catch {
    return null
  }
}
