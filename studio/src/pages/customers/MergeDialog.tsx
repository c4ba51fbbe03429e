/** Merge with another customer: find it, see what the hub would do, say why, do it; a toast takes it back. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useDeferredValue, useState } from "react"
import { toast } from "sonner"
import { api, told } from "@/api/client"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { merge, renewed, unmerge } from "./asked"
import css from "./Dialogs.module.css"
import { Moved } from "./Moved"
import { text } from "./text"
import { Who } from "./WhoLine"
import { type Brief, called, type Profile } from "./who"

/** How long the way back is offered in a corner; afterwards it stands with the identities. */
export const UNDO_MS = 20_000
const FOUND = 6

export function MergeDialog({ one, onClose }: { one: Profile; onClose: () => void }) {
  const navigate = useNavigate()
  const [other, setOther] = useState<Brief | null>(null)
  const [reason, setReason] = useState("")
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState("")
  const preview = useQuery({
    queryKey: ["customers", "merge", one.id, other?.id],
    queryFn: () => merge(one.id, other?.id ?? "", "", true),
    enabled: other !== null,
    staleTime: 0,
  })
  const names = new Map([one, ...(other ? [other] : [])].map((who) => [who.id, called(who)]))
  const go = (id: string) =>
    navigate({ to: "/customers/$ref", params: { ref: id }, search: ((before: object) => before) as never })
  const back = async (otherId: string) => {
    try {
      await unmerge(one.id, otherId, "undone", false)
      await go(one.id)
      await renewed()
      toast.success(text.undone)
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
  const act = async () => {
    if (!other) return
    setBusy(true)
    setProblem("")
    try {
      const done = await merge(one.id, other.id, reason.trim(), false)
      onClose()
      if (done.after[0] && done.after[0] !== one.id) await go(done.after[0])
      await renewed()
      toast.success(text.merged, {
        duration: UNDO_MS,
        action: { label: text.undo, onClick: () => void back(other.id) },
      })
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={text.mergeTitle}
      about={text.mergeAbout}
      actions={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" disabled={!preview.data || busy} onClick={() => void act()}>
            {text.mergeDo}
          </Button>
        </>
      }
    >
      <div className={css.body}>
        {other ? (
          <div className={css.chosen}>
            <Who one={other} />
            <Button small onClick={() => setOther(null)}>
              Choose another
            </Button>
          </div>
        ) : (
          <Find not={one.id} onFound={setOther} />
        )}
        {preview.data && <Moved told={preview.data} names={names} />}
        {other && (
          <label className={parts.field}>
            <span>{text.reason}</span>
            <input
              className={parts.input}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              maxLength={200}
              dir="auto"
            />
            <small>{text.reasonHint}</small>
          </label>
        )}
        <p role="alert" className={css.problem}>
          {problem || (preview.error instanceof Error ? preview.error.message : "")}
        </p>
      </div>
    </Dialog>
  )
}

function Find({ not, onFound }: { not: string; onFound: (one: Brief) => void }) {
  const [typed, setTyped] = useState("")
  const q = useDeferredValue(typed.trim())
  const found = useQuery({
    queryKey: ["customers", "find", q],
    queryFn: ({ signal }) =>
      told(api.GET("/api/profiles", { params: { query: { q, limit: FOUND + 1 } }, signal })),
    enabled: q.length > 1,
    placeholderData: (before) => before,
  })
  const shown = q.length > 1 ? (found.data?.data ?? []).filter((one) => one.id !== not).slice(0, FOUND) : []
  return (
    <>
      <label className={parts.field}>
        <span>{text.mergeSearch}</span>
        <input
          className={parts.input}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={text.search}
          spellCheck={false}
          autoComplete="off"
          maxLength={200}
          dir="auto"
        />
      </label>
      <ul className={css.found} aria-label="Found customers">
        {shown.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => onFound(one)}>
              <Who one={one} />
            </button>
          </li>
        ))}
      </ul>
      {q.length > 1 && found.isSuccess && !found.isFetching && shown.length === 0 && (
        <p className="quiet" role="status">
          {text.mergeNone}
        </p>
      )}
    </>
  )
}
