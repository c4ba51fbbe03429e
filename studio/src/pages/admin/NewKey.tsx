/** Makes a key and shows its text, this once. */
import { useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { api, type Schemas, told } from "@/api/client"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { Field } from "@/parts/Field"
import parts from "@/parts/parts.module.css"
import css from "./admin.module.css"
import { refresh, sources } from "./asked"
import { Copy } from "./Copy"
import { text } from "./text"

const words = text.keys.create_
type Kind = "write" | "secret"

export function NewKey({ source: of, onClose }: { source: string; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("write")
  const [source, setSource] = useState(of || "web")
  const [label, setLabel] = useState("")
  const [origins, setOrigins] = useState("")
  const [perSecond, setPerSecond] = useState("0")
  const known = useQuery(sources).data?.data ?? []
  const making = useMutation({
    mutationFn: () =>
      told(api.POST("/api/keys", { body: wanted(kind, { source, label, origins, perSecond }) })),
    onSuccess: () => refresh("keys"),
  })
  if (making.data) return <Made plain={making.data.key} onClose={onClose} />
  const write = kind === "write"
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault()
          making.mutate()
        }}
      >
        <fieldset>
          <legend>{words.kind}</legend>
          {(["write", "secret"] as const).map((one) => (
            <label key={one} className={css.choice}>
              <input
                type="radio"
                name="kind"
                checked={kind === one}
                onChange={() => setKind(one)}
                aria-label={words[one]}
                aria-describedby={`about-${one}`}
              />
              <b>{words[one]}</b>
              <small id={`about-${one}`}>{one === "write" ? words.writeAbout : words.secretAbout}</small>
            </label>
          ))}
        </fieldset>
        <div className={css.pair}>
          <Field label={words.label} about={words.labelAbout}>
            {(told) => (
              <input
                {...told}
                className={parts.input}
                value={label}
                onChange={(event) => setLabel(event.target.value)}
                maxLength={200}
                dir="auto"
              />
            )}
          </Field>
          {write && (
            <Field label={words.source} about={words.sourceAbout}>
              {(told) => (
                <>
                  <input
                    {...told}
                    className={parts.input}
                    value={source}
                    onChange={(event) => setSource(event.target.value)}
                    list="sources"
                    required
                    maxLength={200}
                  />
                  <datalist id="sources">
                    {known.map((one) => (
                      <option key={one.id} value={one.id}>
                        {String(one.body.name ?? "")}
                      </option>
                    ))}
                  </datalist>
                </>
              )}
            </Field>
          )}
        </div>
        {write && (
          <>
            <Field label={words.origins} about={words.originsAbout}>
              {(told) => (
                <textarea
                  {...told}
                  className={parts.input}
                  rows={2}
                  value={origins}
                  onChange={(event) => setOrigins(event.target.value)}
                  spellCheck={false}
                />
              )}
            </Field>
            <Field label={words.perSecond} about={words.perSecondAbout}>
              {(told) => (
                <input
                  {...told}
                  className={parts.input}
                  type="number"
                  min={0}
                  step={1}
                  required
                  value={perSecond}
                  onChange={(event) => setPerSecond(event.target.value)}
                />
              )}
            </Field>
          </>
        )}
        <p role="alert" className={css.problem}>
          {making.error?.message}
        </p>
        <div className={css.actions} style={{ justifyContent: "flex-end" }}>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" type="submit" disabled={making.isPending}>
            {making.isPending ? words.submitting : words.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function wanted(
  kind: Kind,
  told: { source: string; label: string; origins: string; perSecond: string },
): Schemas["WantedKey"] {
  const label = told.label.trim()
  if (kind === "secret") return { kind, label, source: "", origins: [], per_second: 0 }
  const origins = told.origins.split(/[\s,]+/).filter(Boolean)
  return { kind, label, source: told.source.trim(), origins, per_second: Number(told.perSecond) || 0 }
}

function Made({ plain, onClose }: { plain: string; onClose: () => void }) {
  const told = text.keys.made
  return (
    <Dialog
      open
      onClose={onClose}
      title={told.title}
      about={told.about}
      actions={
        <Button look="primary" onClick={onClose}>
          {told.done}
        </Button>
      }
    >
      <div className={css.once}>
        <input
          className={parts.input}
          readOnly
          value={plain}
          aria-label={told.label}
          onFocus={(event) => event.target.select()}
        />
        <Copy text={plain} />
      </div>
    </Dialog>
  )
}
