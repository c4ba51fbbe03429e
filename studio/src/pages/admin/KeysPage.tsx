/** Who may talk to this hub: keys that let events in and keys that read, made and revoked here. */
import { useMutation, useQuery } from "@tanstack/react-query"
import { Plus } from "lucide-react"
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
import { count } from "@/text/format"
import { filled } from "@/text/t"
import { Listed } from "./Asked"
import css from "./admin.module.css"
import { type Key, keys, refresh } from "./asked"
import { NewKey } from "./NewKey"
import { text } from "./text"

const words = text.keys
type State = keyof typeof words.states
const STATES = (["used", "revoked", "all"] as const).map((value) => ({ value, label: words.states[value] }))

export function Page() {
  const [search, change] = useWords()
  const asked = useQuery(keys)
  const [revoking, setRevoking] = useState<Key>()
  const state: State = search.state === "revoked" || search.state === "all" ? search.state : "used"
  const shown = (asked.data?.data ?? [])
    .filter((one) => state === "all" || (one.revoked === null) === (state === "used"))
    .reverse()
  return (
    <PageFrame
      title={words.title}
      controls={
        <Segmented
          label={words.state}
          value={state}
          choices={STATES}
          onChange={(value) => change({ state: value === "used" ? undefined : value })}
        />
      }
      actions={
        <Button look="primary" onClick={() => change({ create: "write" })}>
          <Plus size={15} aria-hidden="true" /> {words.create}
        </Button>
      }
    >
      <Listed
        asked={asked}
        what="reading the keys"
        rows={shown}
        empty={
          state === "revoked"
            ? { title: words.emptyRevoked, body: words.emptyRevokedBody }
            : { title: words.empty, body: words.emptyBody }
        }
        caption={words.caption}
        columns={Object.values(words.columns)}
        action={words.revoke}
        row={(one) => <Row key={one.id} one={one} revoke={() => setRevoking(one)} />}
      />
      {search.create && (
        <NewKey
          source={search.source ?? ""}
          onClose={() => change({ create: undefined, source: undefined }, { replace: true })}
        />
      )}
      {revoking && <Revoke one={revoking} onClose={() => setRevoking(undefined)} />}
    </PageFrame>
  )
}

function Row({ one, revoke }: { one: Key; revoke: () => void }) {
  return (
    <tr className={one.revoked ? css.gone : undefined}>
      <td className={css.wide} dir="auto">
        {one.label || text.notYet}
      </td>
      <td>
        <span className={parts.pill} data-tone={one.kind === "secret" && !one.revoked ? "accent" : undefined}>
          {one.kind === "secret" ? words.kinds.secret : words.kinds.write}
        </span>
      </td>
      <td className={css.mono}>…{one.hint}</td>
      <td>{one.source || text.notYet}</td>
      <td className={css.wide}>
        {one.kind === "secret" ? text.notYet : one.origins.join(", ") || words.anyPage}
      </td>
      <td className={`num ${css.narrow}`}>
        {one.per_second ? filled(words.limit, { count: count(one.per_second) }) : words.noLimit}
      </td>
      <td className={css.narrow}>
        <Moment at={one.created} />
      </td>
      <td className={css.narrow}>
        {one.revoked ? (
          <>
            {words.revokedAt} <Moment at={one.revoked} />
          </>
        ) : (
          <Button
            small
            look="danger"
            onClick={revoke}
            aria-label={filled(words.revokeNamed, { kind: one.kind, hint: one.hint })}
          >
            {words.revoke}
          </Button>
        )}
      </td>
    </tr>
  )
}

function Revoke({ one, onClose }: { one: Key; onClose: () => void }) {
  const told_ = words.revoke_
  const doing = useMutation({
    mutationFn: () => told(api.DELETE("/api/keys/{id}", { params: { path: { id: one.id } } })),
    onSuccess: () => {
      toast.success(filled(told_.done, { hint: one.hint }))
      refresh("keys")
      onClose()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={told_.title}
      about={one.kind === "secret" ? told_.secret : told_.write}
      actions={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="danger" onClick={() => doing.mutate()} disabled={doing.isPending}>
            {told_.submit}
          </Button>
        </>
      }
    >
      <dl className={css.facts}>
        <dt>{words.columns.label}</dt>
        <dd dir="auto">{one.label || text.notYet}</dd>
        <dt>{words.columns.hint}</dt>
        <dd className={css.mono}>…{one.hint}</dd>
      </dl>
      <p role="alert" className={css.problem}>
        {doing.error?.message}
      </p>
    </Dialog>
  )
}
