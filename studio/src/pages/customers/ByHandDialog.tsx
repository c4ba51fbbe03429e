/** A decision by hand about who is who: what the hub says it would do, the reason, the deed, and the way back. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { toast } from "sonner"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { renewed } from "./asked"
import css from "./Dialogs.module.css"
import { UNDO_MS } from "./MergeDialog"
import { type Merged, Moved } from "./Moved"
import { text } from "./text"
import { called, cut, type Profile } from "./who"

export interface ByHand {
  title: string
  about: string
  verb: string
  /** What the toast says afterwards. */
  done: string
  ask: (reason: string, preview: boolean) => Promise<Merged>
  undo?: () => Promise<Merged>
  undone?: string
}

export function ByHandDialog({ what, one, onClose }: { what: ByHand; one: Profile; onClose: () => void }) {
  const navigate = useNavigate()
  const [reason, setReason] = useState("")
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState("")
  const preview = useQuery({
    queryKey: ["customers", "by hand", one.id, what.title, what.about],
    queryFn: () => what.ask("", true),
    staleTime: 0,
    retry: false,
  })
  /** The customer may have got another id: stay with who it is now. */
  const settle = async (told: Merged) => {
    const [id] = told.after
    if (id && !told.after.includes(one.id))
      await navigate({ to: "/customers/$ref", params: { ref: id }, search: ((now: object) => now) as never })
    await renewed()
  }
  const back = async () => {
    try {
      await settle((await what.undo?.()) ?? { preview: false, before: [], after: [], moved: {} })
      toast.success(what.undone)
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
  const act = async () => {
    setBusy(true)
    try {
      const told = await what.ask(reason.trim(), false)
      onClose()
      await settle(told)
      toast.success(what.done, {
        duration: UNDO_MS,
        action: what.undo && { label: text.undo, onClick: () => void back() },
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
      title={what.title}
      about={<span dir="auto">{cut(what.about, 160)}</span>}
      actions={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" disabled={!preview.data || busy} onClick={() => void act()}>
            {what.verb}
          </Button>
        </>
      }
    >
      <div className={css.body}>
        {preview.data && <Moved told={preview.data} names={new Map([[one.id, called(one)]])} />}
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
        <p role="alert" className={css.problem}>
          {problem || (preview.error instanceof Error ? preview.error.message : "")}
        </p>
      </div>
    </Dialog>
  )
}
