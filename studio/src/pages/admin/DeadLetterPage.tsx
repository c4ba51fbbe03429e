/** What could not be taken, why, and what to do with it: hear it again once the reason is gone, or let it be. */
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { toast } from "sonner"
import { api, told } from "@/api/client"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { Empty } from "@/parts/States"
import { count, plural } from "@/text/format"
import { filled } from "@/text/t"
import { Asked, More } from "./Asked"
import css from "./admin.module.css"
import { type LetterState, letterCounts, letters, refresh, type Sieve } from "./asked"
import { LetterPanel } from "./LetterPanel"
import { LetterTable } from "./LetterTable"
import { text } from "./text"

const words = text.letters
const STATES = (["open", "replayed", "discarded"] as const).map((value) => ({
  value,
  label: words.states[value],
}))
/** Letters by number, or every open one that the sieve lets through. */
type Which = number[] | "all"

export function Page() {
  const [search, change] = useWords()
  const state: LetterState =
    search.state === "replayed" || search.state === "discarded" ? search.state : "open"
  const sieve: Sieve = { state, source: search.source ?? "", reason: search.reason ?? "" }
  const asked = useInfiniteQuery(letters(sieve))
  const rows = asked.data?.pages.flatMap((page) => page.data) ?? []
  const counts = useQuery(letterCounts(state)).data?.data
  const fitting = (counts ?? []).filter(
    (one) => (!sieve.source || one.source === sieve.source) && (!sieve.reason || one.reason === sieve.reason),
  )
  const total = fitting.reduce((sum, one) => sum + one.letters, 0)
  const times = fitting.reduce((sum, one) => sum + one.times, 0)
  const notKept = asked.data?.pages[0]?.not_kept ?? 0
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set())
  const [discarding, setDiscarding] = useState<Which>()
  const shown = rows.filter((one) => ticked.has(one.id)).map((one) => one.id)
  const replaying = useReplay(sieve, () => setTicked(new Set()))
  const letter = rows.find((one) => String(one.id) === search.letter)
  return (
    <PageFrame
      title={words.title}
      controls={
        <>
          <Segmented
            label={words.state}
            value={state}
            choices={STATES}
            onChange={(value) => {
              setTicked(new Set())
              change({ state: value === "open" ? undefined : value, letter: undefined })
            }}
          />
          <Choice
            name="source"
            label={words.source}
            all={words.allSources}
            value={sieve.source}
            among={counts?.map((one) => one.source)}
          />
          <Choice
            name="reason"
            label={words.reason}
            all={words.allReasons}
            value={sieve.reason}
            among={counts?.map((one) => one.reason)}
          />
        </>
      }
      actions={
        counts && (
          <span className="num quiet">
            {filled(words.total, { letters: plural(total, "letter"), times: plural(times, "time") })}
          </span>
        )
      }
    >
      <Asked asked={asked} what="reading the inbox">
        {rows.length === 0 ? (
          <Nothing sieve={sieve} />
        ) : (
          <div className={letter ? css.split : undefined} style={{ minHeight: "100%" }}>
            <div className={`${css.wraps} ${asked.isPlaceholderData ? parts.dimmed : ""}`}>
              {state === "open" && (
                <div className={css.bar}>
                  <p role="status" className="num">
                    {shown.length > 0 && filled(words.selected, { count: count(shown.length) })}
                  </p>
                  <Button
                    small
                    disabled={replaying.isPending}
                    onClick={() => replaying.mutate(shown.length ? shown : "all")}
                  >
                    {shown.length ? words.replay : filled(words.replayAll, { count: count(total) })}
                  </Button>
                  <Button small look="danger" onClick={() => setDiscarding(shown.length ? shown : "all")}>
                    {shown.length ? words.discard : filled(words.discardAll, { count: count(total) })}
                  </Button>
                </div>
              )}
              <LetterTable
                rows={rows}
                open={letter?.id}
                ticked={state === "open" ? ticked : null}
                tick={setTicked}
              />
              <More asked={asked} />
              {notKept > 0 && <p className={css.note}>{filled(words.notKept, { count: count(notKept) })}</p>}
            </div>
            {letter && (
              <LetterPanel
                letter={letter}
                onClose={() => change({ letter: undefined })}
                replay={state === "open" ? () => replaying.mutate([letter.id]) : undefined}
                discard={state === "open" ? () => setDiscarding([letter.id]) : undefined}
              />
            )}
          </div>
        )}
      </Asked>
      {discarding && (
        <Discard
          which={discarding}
          sieve={sieve}
          letters={discarding === "all" ? total : discarding.length}
          onClose={() => setDiscarding(undefined)}
          done={() => setTicked(new Set())}
        />
      )}
    </PageFrame>
  )
}

function Choice(props: {
  name: string
  label: string
  all: string
  value: string
  among: string[] | undefined
}) {
  const [, change] = useWords()
  const among = [...new Set([...(props.among ?? []), props.value])].filter(Boolean).sort()
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={(event) => change({ [props.name]: event.target.value || undefined, letter: undefined })}
    >
      <option value="">{props.all}</option>
      {among.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}

function Nothing({ sieve }: { sieve: Sieve }) {
  const [, change] = useWords()
  if (sieve.source || sieve.reason)
    return (
      <Empty
        title={words.emptyFiltered}
        actions={
          <Button look="primary" onClick={() => change({ source: undefined, reason: undefined })}>
            {words.showAll}
          </Button>
        }
      >
        {words.emptyFilteredBody}
      </Empty>
    )
  return (
    <Empty title={sieve.state === "open" ? words.empty : words.emptyOther[sieve.state]}>
      {words.emptyBody}
    </Empty>
  )
}

const body = (which: Which, { source, reason }: Sieve) =>
  which === "all" ? { all: true, source, reason } : { ids: which }

function useReplay(sieve: Sieve, done: () => void) {
  return useMutation({
    mutationFn: (which: Which) =>
      told(api.POST("/api/dead-letter/replay", { body: body(which, sieve) as never })),
    onSuccess: ({ accepted, duplicates, still }) => {
      const said = [
        accepted && filled(words.done.accepted, { letters: plural(accepted, "event") }),
        duplicates && filled(words.done.duplicates, { letters: plural(duplicates, "event") }),
        still && filled(words.done.still, { letters: plural(still, "letter") }),
      ].filter(Boolean)
      const say = accepted ? toast.success : toast.message
      say(said.join(", ") || words.done.nothing)
      done()
      refresh("dead-letter")
    },
    onError: (error) => toast.error(error.message),
  })
}

function Discard(props: {
  which: Which
  sieve: Sieve
  letters: number
  onClose: () => void
  done: () => void
}) {
  const doing = useMutation({
    mutationFn: () =>
      told(api.POST("/api/dead-letter/discard", { body: body(props.which, props.sieve) as never })),
    onSuccess: ({ discarded }) => {
      toast.success(filled(words.done.discarded, { letters: plural(discarded, "letter") }))
      props.done()
      refresh("dead-letter")
      props.onClose()
    },
  })
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={filled(words.discard_.title, { letters: plural(props.letters, "letter") })}
      about={`${words.discard_.about}${props.which === "all" && !props.sieve.reason ? ` ${words.discard_.room}` : ""}`}
      actions={
        <>
          <Button onClick={props.onClose}>{text.cancel}</Button>
          <Button look="danger" onClick={() => doing.mutate()} disabled={doing.isPending}>
            {words.discard_.submit}
          </Button>
        </>
      }
    >
      <p role="alert" className={css.problem}>
        {doing.error?.message}
      </p>
    </Dialog>
  )
}
