/** Proof of what was erased, and identifiers nobody is recognized by. */
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { toast } from "sonner"
import { api, told } from "@/api/client"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { Moment } from "@/parts/Moment"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { count, cut, plural } from "@/text/format"
import { filled } from "@/text/t"
import { Listed } from "./Asked"
import css from "./admin.module.css"
import { erasures, type Held, held, refresh } from "./asked"
import { text } from "./text"

const words = text.privacy
const SHOWS = [
  { value: "erasures", label: words.erasures },
  { value: "quarantine", label: words.quarantine },
] as const

export function Page() {
  const [search, change] = useWords()
  const show = search.show === "quarantine" ? "quarantine" : "erasures"
  return (
    <PageFrame
      title={words.title}
      controls={
        <Segmented
          label={words.show}
          value={show}
          choices={SHOWS}
          onChange={(value) => change({ show: value === "erasures" ? undefined : value })}
        />
      }
    >
      {show === "erasures" ? <Erasures /> : <Quarantine />}
    </PageFrame>
  )
}

function Erasures() {
  const asked = useInfiniteQuery(erasures)
  const rows = asked.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <Listed
      asked={asked}
      what="reading the receipts"
      rows={rows}
      empty={{ title: words.empty, body: words.emptyBody }}
      caption={words.caption}
      columns={Object.values(words.columns)}
      row={(one) => (
        <tr key={one.id}>
          <td className={css.narrow}>
            <Moment at={one.at} />
          </td>
          <td>{one.by}</td>
          <td className={css.wide} dir="auto">
            {one.reason || text.notYet}
          </td>
          <td className={css.wide}>{removed(one.places)}</td>
          <td className={css.mono}>{one.id}</td>
        </tr>
      )}
    />
  )
}

function removed(places: Record<string, number>): string {
  const there = Object.entries(places).filter(([, number]) => number > 0)
  return there.map(([place, number]) => `${count(number)} ${place}`).join(", ") || words.nothing
}

function Quarantine() {
  const asked = useInfiniteQuery(held)
  const rows = asked.data?.pages.flatMap((page) => page.data) ?? []
  const [releasing, setReleasing] = useState<Held>()
  return (
    <>
      <Listed
        asked={asked}
        what="looking for identifiers"
        rows={rows}
        empty={{ title: words.heldEmpty, body: words.heldEmptyBody }}
        caption={words.heldCaption}
        columns={Object.values(words.held)}
        right={[words.held.touches]}
        action={words.release}
        row={(one) => (
          <tr key={one.id}>
            <td className={css.wide} title={cut(called(one), 400)} dir="auto">
              {cut(called(one), 120)}
            </td>
            <td className={parts.right}>{filled(words.touches, { count: count(one.degree) })}</td>
            <td className={css.narrow}>
              <Moment at={one.first} />
            </td>
            <td className={css.narrow}>
              <Button
                small
                onClick={() => setReleasing(one)}
                aria-label={filled(words.releaseNamed, { identifier: cut(called(one), 120) })}
              >
                {words.release}
              </Button>
            </td>
          </tr>
        )}
      />
      {releasing && <Release one={releasing} onClose={() => setReleasing(undefined)} />}
    </>
  )
}

const called = (one: Held) => `${one.kind}:${one.value}`

function Release({ one, onClose }: { one: Held; onClose: () => void }) {
  const told_ = words.release_
  const ask = (preview: boolean) =>
    told(
      api.POST("/api/identifiers/{ref}/release", {
        params: { path: { ref: called(one) } },
        body: { preview, reason: "" },
      }),
    )
  const preview = useQuery({ queryKey: ["release", one.id], queryFn: () => ask(true) })
  const doing = useMutation({
    mutationFn: () => ask(false),
    onSuccess: () => {
      toast.success(filled(told_.done, { identifier: called(one) }))
      refresh("quarantine", "profiles", "profile")
      onClose()
    },
  })
  const seen = preview.data
  const customers = (ids: readonly string[]) => plural(ids.length, "customer")
  return (
    <Dialog
      open
      onClose={onClose}
      title={filled(told_.title, { identifier: called(one) })}
      about={told_.about}
      actions={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" onClick={() => doing.mutate()} disabled={doing.isPending || !seen}>
            {told_.submit}
          </Button>
        </>
      }
    >
      <p role="status">
        {seen &&
          (seen.before.length === seen.after.length
            ? told_.same
            : filled(told_.joins, { before: customers(seen.before), after: customers(seen.after) }))}
      </p>
      <p role="alert" className={css.problem}>
        {(doing.error ?? preview.error)?.message}
      </p>
    </Dialog>
  )
}
