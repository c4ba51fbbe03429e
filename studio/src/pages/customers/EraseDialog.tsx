/** Erase for good: says what will be gone, and asks for the customer's own identifier before it does. */
import { useState } from "react"
import { why } from "@/api/client"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { plural } from "@/text/format"
import { erase } from "./asked"
import css from "./Dialogs.module.css"
import type { Receipt } from "./Erased"
import { text } from "./text"
import { best, called, cut, type Profile } from "./who"

/** Nobody types more than this. */
const LONGEST = 60

export function EraseDialog(props: {
  one: Profile
  onClose: () => void
  onErased: (receipt: Receipt) => void
}) {
  const { one } = props
  const whole = best(one.identifiers)?.value ?? one.id
  const wanted = whole.length > LONGEST ? one.id : whole
  const [typed, setTyped] = useState("")
  const [reason, setReason] = useState("")
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState("")
  const sure = typed.trim() === wanted.trim()
  const act = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!sure || busy) return
    setBusy(true)
    setProblem("")
    try {
      props.onErased(await erase(one.id, reason.trim()))
    } catch (error) {
      setProblem(why(error))
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={text.eraseTitle}
      about={<b dir="auto">{cut(called(one), 200)}</b>}
    >
      <form className={css.body} onSubmit={(event) => void act(event)}>
        <ul className={css.gone}>
          <li>{plural(one.events, "event")}, recent and settled, with the bytes as they were sent</li>
          <li>
            {plural(one.identifiers.length, "identifier")} and the evidence between them, on{" "}
            {plural(one.trails.length, "trail")}
          </li>
          <li>traits, interests, consent, segments, and what waits in the inbox</li>
          <li>
            It cannot be undone. An event that is sent again later is not taken twice; a new one begins a new
            customer.
          </li>
        </ul>
        <label className={parts.field}>
          <span>
            Type <code className={css.value}>{wanted}</code> to confirm
          </span>
          <input
            className={parts.input}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            spellCheck={false}
            autoComplete="off"
            dir="auto"
          />
        </label>
        <label className={parts.field}>
          <span>{text.reason}</span>
          <input
            className={parts.input}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={200}
            dir="auto"
          />
          <small>Stands on the receipt: write nothing personal.</small>
        </label>
        <p role="alert" className={css.problem}>
          {problem}
        </p>
        <div className={parts.actions}>
          <Button onClick={props.onClose}>{text.cancel}</Button>
          <Button type="submit" className={sure && !busy ? css.fatal : undefined} disabled={!sure || busy}>
            {busy ? "Erasing" : text.eraseDo}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
