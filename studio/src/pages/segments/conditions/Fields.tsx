/** The fields conditions are made of: a name, a comparison, a length of time. */
import { useQuery } from "@tanstack/react-query"
import { useId, useState } from "react"
import parts from "@/parts/parts.module.css"
import { words } from "../asked"
import { fitting, NUMBERS, type Rule, testsOf, typedValue, withTest } from "../rule"
import { LENGTHS, lengthTold, OPS, s } from "../text"
import css from "./conditions.module.css"
import type { FieldsProps } from "./kind"
import { useKnown } from "./known"

/** Which one: a name of those the hub knows, or any other. */
export function Name({ kind, leaf, set }: FieldsProps) {
  const list = useId()
  const names = kind.names(useKnown())
  const name = String(leaf[kind.field] ?? "")
  return (
    <>
      <input
        className={`${parts.input} ${css.named}`}
        aria-label={s("which")}
        list={list}
        dir="auto"
        size={Math.min(32, Math.max(10, name.length))}
        value={name}
        onChange={(event) => set({ ...leaf, [kind.field]: event.target.value })}
      />
      <datalist id={list}>
        {names.map((one) => (
          <option key={one.name} value={one.name} label={one.label} />
        ))}
      </datalist>
    </>
  )
}

/** Which one of a list whose ids nobody knows by heart. */
export function Chosen({ kind, leaf, set }: FieldsProps) {
  const names = kind.names(useKnown())
  const chosen = String(leaf[kind.field])
  return (
    <select
      aria-label={s("which")}
      value={chosen}
      onChange={(event) => set({ ...leaf, [kind.field]: event.target.value })}
    >
      {!names.some(({ name }) => name === chosen) && <option value={chosen}>{chosen}</option>}
      {names.map(({ name, label }) => (
        <option key={name} value={name}>
          {label ?? name}
        </option>
      ))}
    </select>
  )
}

export function Count(props: {
  label: string
  value: number
  onChange: (value: number) => void
  least?: number
}) {
  const { label, value, onChange, least = 0 } = props
  const [typed, type] = useState<string | null>(null)
  return (
    <input
      type="number"
      className={`${parts.input} ${css.count}`}
      aria-label={label}
      min={least}
      step="any"
      value={typed ?? value}
      onBlur={() => type(null)}
      onChange={(event) => {
        type(event.target.value)
        const told = event.target.valueAsNumber
        if (Number.isFinite(told)) onChange(told)
      }}
    />
  )
}

export function Compared({ kind, leaf, set, ops }: FieldsProps & { ops: readonly string[] }) {
  const op = testsOf(leaf)[0] ?? "is"
  const known = useQuery(words).data
  const found = kind.field === "trait" && known?.traits.find(({ name }) => name === leaf.trait)
  const values = (found ? found.values : null) ?? []
  const numbers = values.length > 0 && values.every((one) => typeof one === "number")
  return (
    <>
      <select
        aria-label={s("op")}
        value={op === "exists" && leaf.exists === false ? "unknown" : op}
        onChange={(event) => {
          const to = event.target.value
          if (to === "unknown") set(withTest(leaf, "exists", false))
          else set(withTest(leaf, to, to === "exists" ? true : fitting(to, leaf[op], numbers)))
        }}
      >
        {ops.map((one) => (
          <option key={one} value={one}>
            {OPS[one]}
          </option>
        ))}
        {ops.includes("exists") && <option value="unknown">is not known</option>}
      </select>
      {op !== "exists" && (
        <Compare
          key={op}
          op={op}
          value={leaf[op]}
          known={values}
          onChange={(value) => set(withTest(leaf, op, value))}
        />
      )}
    </>
  )
}

export function Within(props: {
  leaf: Rule
  set: (leaf: Rule) => void
  name: string
  label: string
  before: string
  none: string
  days?: boolean
}) {
  const { leaf, set, name } = props
  const value = typeof leaf[name] === "string" ? leaf[name] : ""
  return (
    <Length
      {...props}
      value={value}
      onChange={(length) => {
        const { [name]: _, ...rest } = leaf
        set(length ? { ...rest, [name]: length } : rest)
      }}
    />
  )
}

export function Length(props: {
  label: string
  before: string
  value: string
  /** What no length means; without it there has to be one. */
  none?: string
  days?: boolean
  onChange: (length: string) => void
}) {
  const { value, none, days = false } = props
  const offered = LENGTHS.filter((one) => !days || one.endsWith("d"))
  return (
    <select aria-label={props.label} value={value} onChange={(event) => props.onChange(event.target.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {value && !offered.some((one) => one === value) && (
        <option value={value}>
          {props.before} {lengthTold(value)}
        </option>
      )}
      {offered.map((one) => (
        <option key={one} value={one}>
          {props.before} {lengthTold(one)}
        </option>
      ))}
    </select>
  )
}

function Compare(props: {
  op: string
  value: unknown
  known: readonly unknown[]
  onChange: (value: unknown) => void
}) {
  const { op, value, known, onChange } = props
  const list = useId()
  const texts = known.map(String)
  if (op === "between") {
    const [low, high] = Array.isArray(value) ? value.map(Number) : [0, 1]
    return (
      <>
        <Count
          label={s("value")}
          least={-1e9}
          value={low ?? 0}
          onChange={(to) => onChange([to, Math.max(to, high ?? to)])}
        />
        <span>and</span>
        <Count
          label={s("second")}
          least={-1e9}
          value={high ?? 0}
          onChange={(to) => onChange([Math.min(low ?? to, to), to])}
        />
      </>
    )
  }
  if ((NUMBERS as readonly string[]).includes(op) && typeof value === "number")
    return <Count label={s("value")} least={-1e9} value={value} onChange={onChange} />
  if (op === "in" || op === "not_in")
    return <Several value={Array.isArray(value) ? value : []} known={known} onChange={onChange} />
  return (
    <>
      <input
        className={`${parts.input} ${css.named}`}
        aria-label={s("value")}
        list={list}
        dir="auto"
        size={Math.min(28, Math.max(8, String(value ?? "").length))}
        value={String(value ?? "")}
        onChange={(event) => onChange(typedValue(event.target.value, known))}
      />
      <datalist id={list}>
        {texts.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  )
}

/** Several values in one field; the text stays as it is typed. */
function Several(props: {
  value: readonly unknown[]
  known: readonly unknown[]
  onChange: (value: unknown) => void
}) {
  const [typed, type] = useState<string | null>(null)
  return (
    <input
      className={`${parts.input} ${css.named}`}
      aria-label={s("values")}
      title={s("values")}
      placeholder={props.known.slice(0, 3).map(String).join(", ")}
      dir="auto"
      value={typed ?? props.value.map(String).join(", ")}
      onBlur={() => type(null)}
      onChange={(event) => {
        type(event.target.value)
        const told = event.target.value.split(",").map((one) => one.trim())
        props.onChange(told.filter(Boolean).map((one) => typedValue(one, props.known)))
      }}
    />
  )
}
