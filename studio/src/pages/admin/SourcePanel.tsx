/** One source: its document as a form, its keys, and how to send events as it. */
import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { X } from "lucide-react"
import { useState } from "react"
import { api, told } from "@/api/client"
import { useWords } from "@/app/search"
import { Button, buttonClass } from "@/parts/Button"
import { Field } from "@/parts/Field"
import parts from "@/parts/parts.module.css"
import { warned } from "@/parts/warned"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import css from "./admin.module.css"
import { refresh } from "./asked"
import { Snippet } from "./Snippet"
import { documentOf, type Form, formOf, LIMITS, type Limit, type Source } from "./source"
import { text } from "./text"

const words = text.sources

export function SourcePanel(props: {
  one: Source | undefined
  fresh: boolean
  wanted: string
  onClose: () => void
}) {
  const { one, fresh } = props
  const title = fresh
    ? words.edit.new
    : one
      ? one.name || one.id
      : filled(words.notThere, { id: props.wanted })
  return (
    <aside
      className={css.panel}
      aria-label={title}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <header>
        <h2 dir="auto">{title}</h2>
        <Button small icon look="quiet" onClick={props.onClose} aria-label={text.close}>
          <X size={16} aria-hidden="true" />
        </Button>
      </header>
      <div className={css.inside}>
        {one && !one.described && <p className="quiet">{words.unnamedBody}</p>}
        {(one || fresh) && <SourceForm body={one?.body ?? { id: props.wanted }} fresh={fresh} />}
        {one && <KeysOf one={one} />}
        {one && <Snippet source={one.id} />}
      </div>
    </aside>
  )
}

function KeysOf({ one }: { one: Source }) {
  const told = words.snippet
  return (
    <section className={css.snippet}>
      <div>
        <h3>{told.keys}</h3>
        <Link
          to="/admin/keys"
          search={{ create: "write", source: one.id } as never}
          className={buttonClass({ small: true })}
        >
          {told.createKey}
        </Link>
      </div>
      {one.keys.length === 0 ? (
        <p className="quiet">{told.noKey}</p>
      ) : (
        <ul>
          {one.keys.map((key) => (
            <li key={key.id}>
              <span className={css.mono}>…{key.hint}</span> <span dir="auto">{key.label}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function SourceForm({ body, fresh }: { body: Record<string, unknown>; fresh: boolean }) {
  const [, change] = useWords()
  const [form, setForm] = useState<Form>(() => formOf(body))
  const [reason, setReason] = useState("")
  const set = (part: Partial<Form>) => setForm((before) => ({ ...before, ...part }))
  const saving = useMutation({
    mutationFn: async () => {
      const document = documentOf(form, body)
      const path = { kind: "source", ref: String(document.id) }
      await told(api.PUT("/api/config/{kind}/{ref}", { params: { path, query: { reason } }, body: document }))
      const done = await told(
        api.POST("/api/config/{kind}/{ref}/publish", { params: { path }, body: { reason, version: 0 } }),
      )
      return { id: path.ref, warnings: done.warnings ?? [] }
    },
    onSuccess: ({ id, warnings }) => {
      warned(filled(words.edit.saved, { id }), warnings)
      refresh("config", "jobs")
      setReason("")
      change({ source: id, create: undefined }, { replace: true })
    },
  })
  const field = (name: "id" | "name" | "channel" | "timezone", about: string, more: object = {}) => (
    <Field label={words.edit[name]} about={about}>
      {(told) => (
        <input
          {...told}
          className={parts.input}
          value={form[name]}
          onChange={(event) => set({ [name]: event.target.value })}
          maxLength={200}
          {...more}
        />
      )}
    </Field>
  )
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      {fresh && field("id", words.edit.idAbout, { required: true, spellCheck: false })}
      {field("name", words.edit.nameAbout, { dir: "auto" })}
      <div className={css.pair}>
        {field("channel", words.edit.channelAbout, { required: true, spellCheck: false })}
        {field("timezone", words.edit.timezoneAbout, { spellCheck: false })}
      </div>
      <Field label={words.edit.resolution}>
        {(told) => (
          <select
            {...told}
            value={form.resolution}
            onChange={(event) => set({ resolution: event.target.value })}
          >
            {Object.entries(words.edit.resolutions).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset>
        <legend>{words.edit.limits}</legend>
        <p className="quiet">{words.edit.limitsAbout}</p>
        <div className={css.pair} style={{ marginTop: 8 }}>
          {(Object.keys(LIMITS) as Limit[]).map((name) => (
            <Field key={name} label={words.limitNames[name]}>
              {(told) => (
                <input
                  {...told}
                  className={parts.input}
                  type="number"
                  min={1}
                  step={1}
                  value={form.limits[name] ?? ""}
                  placeholder={count(LIMITS[name])}
                  onChange={(event) => set({ limits: { ...form.limits, [name]: event.target.value } })}
                />
              )}
            </Field>
          ))}
        </div>
      </fieldset>
      <Field label={words.edit.reason} about={words.edit.reasonAbout}>
        {(told) => (
          <input
            {...told}
            className={parts.input}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={200}
            dir="auto"
          />
        )}
      </Field>
      <p role="alert" className={css.problem}>
        {saving.error?.message}
      </p>
      <div className={css.actions}>
        <Button look="primary" type="submit" disabled={saving.isPending}>
          {text.save}
        </Button>
      </div>
    </form>
  )
}
