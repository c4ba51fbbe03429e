/** A decision by hand about who is who: what the hub says it would do, the reason, the deed, and the way back. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { toast } from "sonner"
import { why } from "@/api/client"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { type Merged, merge, release, renewed, takeBack, unmerge } from "./asked"
import css from "./Dialogs.module.css"
import { Moved } from "./Moved"
import { text } from "./text"
import { type Brief, called, type Profile } from "./who"

/** How long the way back is offered in a corner; afterwards it stands with the identities. */
const UNDO_MS = 20_000

export interface ByHand {
  title: string
  about: ReactNode
  verb: string
  /** What the toast says afterwards. */
  done: string
  /** Null while it is not said about whom. */
  ask: ((reason: string, preview: boolean) => Promise<Merged>) | null
  /** What the hub keeps no reason of is not asked for one. */
  unreasoned?: true
}

export function ByHandDialog(props: {
  what: ByHand
  one: Profile
  other?: Brief | null
  onClose: () => void
  children?: ReactNode
}) {
  const { what, one, other } = props
  const { ask } = what
  const navigate = useNavigate()
  const [reason, setReason] = useState("")
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState("")
  const preview = useQuery({
    queryKey: ["by hand", one.id, what.title, String(what.about), other?.id],
    queryFn: () => ask?.("", true),
    enabled: ask !== null,
    staleTime: 0,
    retry: false,
  })
  const names = new Map([one, ...(other ? [other] : [])].map((who) => [who.id, called(who)]))
  /** The customer may have got another id: stay with who it is now. */
  const settle = async (told: Merged) => {
    const [id] = told.after
    if (id && !told.after.includes(one.id)) await go(id)
    await renewed()
  }
  const go = (id: string) =>
    navigate({ to: "/customers/$ref", params: { ref: id }, search: ((now: object) => now) as never })
  const back = async (told: Merged) => {
    try {
      await unsaid(told)
      await go(one.id)
      await renewed()
      toast.success(text.undone)
    } catch (error) {
      toast.error(why(error))
    }
  }
  const act = async () => {
    if (!ask) return
    setBusy(true)
    setProblem("")
    try {
      const told = await ask(reason.trim(), false)
      props.onClose()
      await settle(told)
      toast.success(what.done, {
        duration: UNDO_MS,
        action: { label: text.undo, onClick: () => void back(told) },
      })
    } catch (error) {
      setProblem(why(error))
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={what.title}
      about={what.about}
      actions={
        <>
          <Button onClick={props.onClose}>{text.cancel}</Button>
          <Button look="primary" disabled={!preview.data || busy} onClick={() => void act()}>
            {what.verb}
          </Button>
        </>
      }
    >
      <div className={css.body}>
        {props.children}
        {preview.data && <Moved told={preview.data} names={names} />}
        {ask && !what.unreasoned && (
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
          {problem || (preview.error ? why(preview.error) : "")}
        </p>
      </div>
    </Dialog>
  )
}

/** The opposite of what was done: decisions that came are taken back, those that went are said again. */
async function unsaid(told: Merged): Promise<void> {
  for (const one of told.said) await takeBack(one.a, one, false)
  if (told.said.length) return // what it had set aside holds again by itself
  for (const { a, b, how } of told.unsaid)
    if (how === "operator") await merge(a, b, text.again, false)
    else if (how === "cut") await unmerge(a, b, text.again, false)
    else await release(a, text.again, false)
}
