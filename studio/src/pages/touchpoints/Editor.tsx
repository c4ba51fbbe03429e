/** One touchpoint in a panel at the side: its name, where it belongs, its rules, what they catch, and its versions. */

import { useQuery } from "@tanstack/react-query"
import { X } from "lucide-react"
import { Dialog } from "radix-ui"
import { useEffect, useMemo, useState } from "react"
import { api, Refused, told } from "@/api/client"
import { draft, publish } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Field } from "@/parts/Field"
import parts from "@/parts/parts.module.css"
import { Failed, Loading } from "@/parts/States"
import { failed, tell } from "@/parts/warned"
import { filled } from "@/text/t"
import type { Catalogue } from "./asked"
import {
  documentOf,
  emptyRule,
  type Form,
  formOf,
  type Problem,
  problemOf,
  problemsOf,
  suggestedName,
} from "./model"
import { Preview } from "./Preview"
import { Rules } from "./Rules"
import { text } from "./text"
import css from "./touchpoints.module.css"
import { Versions } from "./Versions"

/** What is edited: a touchpoint of the catalogue, places to be named as one, or nothing yet. */
export type Subject = { kind: "known"; id: string } | { kind: "places"; ids: string[] } | { kind: "new" }

export function Editor({
  subject,
  catalogue,
  onClose,
}: {
  subject: Subject
  catalogue: Catalogue
  onClose: () => void
}) {
  const begun = useBeginning(subject, catalogue)
  const titles = { known: text.editorEdit, places: text.editorName, new: text.editorNew }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={parts.overlay} />
        <Dialog.Content
          className={css.panel}
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus()
          }}
        >
          <header>
            <Dialog.Title>{titles[subject.kind]}</Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" small icon aria-label={text.close}>
                <X size={16} />
              </Button>
            </Dialog.Close>
          </header>
          {begun.error ? (
            <Failed error={begun.error} />
          ) : begun.form ? (
            <Sheet
              key={JSON.stringify(subject)}
              form={begun.form}
              subject={subject}
              catalogue={catalogue}
              onClose={onClose}
            />
          ) : (
            <Loading lines={6} />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** What the form begins with: the document, its newest draft, or rules read from what was heard. */
function useBeginning(subject: Subject, catalogue: Catalogue): { form: Form | undefined; error: unknown } {
  const ids = subject.kind === "places" ? subject.ids : []
  const known = subject.kind === "known" ? subject.id : ""
  const versions = useQuery({
    queryKey: ["config", "touchpoint", known],
    queryFn: ({ signal }) =>
      told(
        api.GET("/api/config/{kind}/{ref}", { params: { path: { kind: "touchpoint", ref: known } }, signal }),
      ),
    enabled: subject.kind === "known",
  })
  const proposed = useQuery({
    queryKey: ["proposed", ids],
    queryFn: ({ signal }) =>
      told(api.POST("/api/touchpoints/propose", { body: { touchpoints: ids }, signal })),
    enabled: subject.kind === "places",
  })
  const [form, setForm] = useState<Form>()
  useEffect(() => {
    if (form) return
    if (subject.kind === "new") setForm({ ...formOf({ id: "" }), rules: [emptyRule()] })
    if (versions.data) {
      const all = versions.data.data
      const newest = all.at(-1)
      const shown =
        newest?.state === "draft" ? newest : (all.find((one) => one.state === "published") ?? newest)
      if (shown) setForm(formOf({ ...shown.body, id: shown.id }))
    }
    if (proposed.data) {
      const places = proposed.data.data
      const channel = places.find((one) => one.channel)?.channel ?? ""
      const match = places.flatMap((one) => one.match)
      setForm(formOf({ id: suggestedName(ids, channel), match }))
    }
  }, [form, subject.kind, versions.data, proposed.data, ids])
  const missing = versions.error instanceof Refused && versions.error.status === 404
  const listed = catalogue.rows.some((row) => row.touchpoint === known)
  return { form, error: proposed.error ?? (missing && listed ? null : versions.error) }
}

function Sheet(props: { form: Form; subject: Subject; catalogue: Catalogue; onClose: () => void }) {
  const { subject, catalogue } = props
  const [form, setForm] = useState(props.form)
  const [reason, setReason] = useState("")
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<Problem | null>(null)
  const before = subject.kind === "known" ? subject.id : ""
  const set = (change: Partial<Form>) => setForm((now) => ({ ...now, ...change }))
  useEffect(() => {
    const name = document.getElementById("field-id")
    if (!before && name instanceof HTMLInputElement) {
      name.focus()
      name.select()
    }
  }, [before])

  const taken = useMemo(() => {
    const ids = new Set([...catalogue.entries.values()].filter((one) => one.published).map((one) => one.id))
    ids.delete(before)
    return ids
  }, [catalogue, before])
  const own = problemsOf(form, taken)
  const problems = [...(tried ? own : []), ...(refused ? [refused] : [])]
  const at = (field: string) => problems.find((one) => one.field === field)?.message

  const save = async (how: "draft" | "publish") => {
    setTried(true)
    if (own.length) return focusProblem(own[0]?.field ?? "")
    setBusy(true)
    const body = documentOf(form)
    const name = String(body.id)
    try {
      if (how === "draft") {
        await draft("touchpoint", body, reason)
        tell(filled(text.drafted, { name }), { undo: async () => undefined, warnings: [] })
      } else {
        const retired = before && before !== name ? [before] : []
        const done = await publish("touchpoint", [body], { reason, retired })
        tell(filled(text.saved, { name }), done, text.relabelNote)
      }
      props.onClose()
    } catch (error) {
      setBusy(false)
      if (error instanceof Refused && error.status < 500 && error.status) setRefused(problemOf(error.message))
      else failed(error)
    }
  }
  const retire = async () => {
    try {
      const done = await publish("touchpoint", [], { retired: [before], reason })
      tell(filled(text.retired, { name: before }), done, text.relabelNote)
      props.onClose()
    } catch (error) {
      failed(error)
    }
  }
  const inForce = before !== "" && (catalogue.entries.get(before)?.published ?? 0) > 0

  return (
    <form
      className={css.sheet}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save("publish")
      }}
      onChange={() => setRefused(null)}
    >
      <div className={css.body}>
        {at("") && (
          <p role="alert" className={css.problem}>
            {at("")}
          </p>
        )}
        <Field
          id="id"
          label={text.name}
          about={before && form.id.trim() !== before ? text.renameHint : text.nameHint}
          problem={at("id")}
        >
          {(field) => (
            <input
              {...field}
              className={parts.input}
              value={form.id}
              onChange={(event) => set({ id: event.target.value })}
            />
          )}
        </Field>
        <div className={css.three}>
          <Field id="stage" label={text.stage} problem={at("stage")}>
            {(field) => (
              <select {...field} value={form.stage} onChange={(event) => set({ stage: event.target.value })}>
                <option value="">{text.noStage}</option>
                {catalogue.stages.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
                {form.stage && !catalogue.stages.some((one) => one.id === form.stage) && (
                  <option value={form.stage}>{form.stage}</option>
                )}
              </select>
            )}
          </Field>
          <Field id="channel" label={text.channel} about={text.channelHint} problem={at("channel")}>
            {(field) => (
              <input
                {...field}
                className={parts.input}
                list="channels"
                value={form.channel}
                onChange={(event) => set({ channel: event.target.value })}
              />
            )}
          </Field>
          <Field id="group" label={text.group} about={text.groupHint} problem={at("group")}>
            {(field) => (
              <input
                {...field}
                className={parts.input}
                list="groups"
                value={form.group}
                onChange={(event) => set({ group: event.target.value })}
              />
            )}
          </Field>
        </div>
        <datalist id="channels">
          {catalogue.channels.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <datalist id="groups">
          {catalogue.groups.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <Rules rules={form.rules} sources={catalogue.sources} at={at} onChange={(rules) => set({ rules })} />
        <Preview form={form} />
        {before && <Versions id={before} onDone={props.onClose} />}
      </div>
      <footer>
        <Field id="reason" label={text.reason}>
          {(field) => (
            <input
              {...field}
              className={parts.input}
              placeholder={text.reasonHint}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {inForce && (
          <Button look="danger" onClick={() => void retire()} disabled={busy}>
            {text.retire}
          </Button>
        )}
        <Button onClick={() => void save("draft")} disabled={busy}>
          {text.draft}
        </Button>
        <Button look="primary" type="submit" disabled={busy}>
          {text.publish}
        </Button>
      </footer>
    </form>
  )
}

function focusProblem(field: string): void {
  document.getElementById(`field-${field}`)?.focus()
}
