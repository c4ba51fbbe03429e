/** An idea as it is made of a gap, or changed: what shall be tried, why, what is hoped of it, who looks after it. */
import { useQuery } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { type Idea, ideas, keepIdea, STATUSES } from "@/api/ideas"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { Field } from "@/parts/Field"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import css from "./gaps.module.css"
import { g, STATUS } from "./text"

export function IdeaDialog({ idea, onClose }: { idea: Idea; onClose: () => void }) {
  const known = useQuery(ideas)
  const [form, setForm] = useState(idea)
  const [working, work] = useState(false)
  const change = (to: Partial<Idea>) => setForm({ ...form, ...to })
  const keep = async (event: FormEvent) => {
    event.preventDefault()
    if (working || !form.name.trim()) return
    work(true)
    try {
      const kept = { ...form, name: form.name.trim(), owner: form.owner.trim() }
      tell(
        g(idea.id ? "ideaChanged" : "ideaMade", { name: kept.name }),
        await keepIdea(kept, known.data ?? []),
      )
      onClose()
    } catch (error) {
      failed(error)
      work(false)
    }
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={g(idea.id ? "ideaChange" : "ideaMake")}
      about={g("ideaAbout")}
      actions={
        <>
          <Button onClick={onClose}>{g("cancel")}</Button>
          <Button
            look="primary"
            type="submit"
            form="idea"
            disabled={working || !form.name.trim() || !known.data}
          >
            {g("ideaKeep")}
          </Button>
        </>
      }
    >
      <form id="idea" className={css.idea} onSubmit={(event) => void keep(event)}>
        <Field label={g("ideaName")}>
          {(field) => (
            <input
              {...field}
              className={parts.input}
              value={form.name}
              maxLength={200}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={g("ideaHypothesis")}>
          {(field) => (
            <textarea
              {...field}
              className={parts.input}
              rows={4}
              value={form.hypothesis}
              onChange={(event) => change({ hypothesis: event.target.value })}
            />
          )}
        </Field>
        <Field label={g("ideaValue")} about={g("ideaValueAbout")}>
          {(field) => (
            <input
              {...field}
              type="number"
              step="any"
              className={parts.input}
              defaultValue={form.value ?? ""}
              onChange={(event) => {
                const value = event.target.valueAsNumber
                change({ value: Number.isFinite(value) ? value : null })
              }}
            />
          )}
        </Field>
        <Field label={g("ideaOwner")}>
          {(field) => (
            <input
              {...field}
              className={parts.input}
              value={form.owner}
              maxLength={200}
              onChange={(event) => change({ owner: event.target.value })}
            />
          )}
        </Field>
        <Field label={g("ideaStatus")}>
          {(field) => (
            <select
              {...field}
              value={form.status}
              onChange={(event) =>
                change({ status: STATUSES.find((one) => one === event.target.value) ?? "open" })
              }
            >
              {STATUSES.map((one) => (
                <option key={one} value={one}>
                  {STATUS[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </form>
    </Dialog>
  )
}
