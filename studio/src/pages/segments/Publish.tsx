/** Before a segment counts: what it would hold, what the hub thinks is odd about it, and why it changes. */

import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { why } from "@/api/client"
import { publish } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import { plural } from "@/text/format"
import { warningsOf } from "./asked"
import { Problems } from "./Builder"
import type { Rule } from "./rule"
import css from "./segments.module.css"
import { s } from "./text"

export function Publish(props: {
  id: string
  name: string
  rule: Rule
  customers: number
  onClose: () => void
  onDone: () => void
}) {
  const { id, name, rule, customers, onClose, onDone } = props
  const [reason, setReason] = useState("")
  const [working, work] = useState(false)
  const checked = useQuery(warningsOf(id, name, rule))
  const go = async () => {
    work(true)
    try {
      tell(
        s("published", { name }),
        await publish("segment", [{ id, name, rule }], { reason: reason.trim() }),
      )
      onDone()
    } catch (error) {
      failed(error)
      work(false)
    }
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={s("publishTitle", { name })}
      about={s("publishAbout", { count: plural(customers, "customer") })}
      actions={
        <>
          <Button onClick={onClose}>{s("cancel")}</Button>
          <Button look="primary" disabled={working || checked.data?.ok === false} onClick={() => void go()}>
            {s("publishGo")}
          </Button>
        </>
      }
    >
      {checked.error && <p role="alert">{why(checked.error)}</p>}
      {checked.data && !checked.data.ok && <Problems list={checked.data.problems} />}
      {checked.data && (checked.data.warnings?.length ?? 0) > 0 && (
        <div className={css.warnings} role="status">
          <strong>{s("warnings")}</strong>
          <ul>
            {checked.data.warnings?.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </div>
      )}
      <label className={parts.field}>
        <span>{s("reason")}</span>
        <input
          className={parts.input}
          value={reason}
          placeholder={s("reasonPlaceholder")}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && !working && void go()}
        />
      </label>
    </Dialog>
  )
}
