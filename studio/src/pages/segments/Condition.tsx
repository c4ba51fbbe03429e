/** One condition of a rule as fields: what it is about, which, and how it is compared. */
import { useQuery } from "@tanstack/react-query"
import { useId, useState } from "react"
import { channel, touchpointLabel } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { counted, stages, words } from "./asked"
import {
  fitting,
  fresh,
  leafOf,
  NUMBERS,
  oftenOf,
  type Rule,
  subjectOf,
  TRAIT_OPS,
  testsOf,
  typedValue,
  withOften,
  withTest,
} from "./rule"
import css from "./segments.module.css"
import { LENGTHS, lengthTold, OFTEN, OPS, SUBJECTS, s, WHICH } from "./text"

export interface ConditionProps {
  rule: Rule
  onChange: (rule: Rule) => void
}

export function Condition({ rule, onChange }: ConditionProps) {
  const { leaf, not } = leafOf(rule)
  const subject = subjectOf(leaf)
  const first = useFirst()
  const set = (changed: Rule) => onChange(not ? { not: changed } : changed)
  return (
    <div className={css.condition}>
      <button
        type="button"
        className={css.not}
        aria-pressed={not}
        title={s("notAbout")}
        onClick={() => onChange(not ? leaf : { not: leaf })}
      >
        {s("not")}
      </button>
      {subject ? (
        <>
          <select
            aria-label={s("about")}
            value={subject}
            onChange={(event) => set(fresh(event.target.value, first(event.target.value)))}
          >
            {Object.entries(SUBJECTS).map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
          <Fields subject={subject} leaf={leaf} set={set} />
        </>
      ) : (
        <Written leaf={leaf} set={set} />
      )}
    </div>
  )
}

interface Part {
  subject: string
  leaf: Rule
  set: (leaf: Rule) => void
}

function Fields(props: Part) {
  const { subject, leaf, set } = props
  switch (subject) {
    case "event":
    case "touchpoint":
    case "channel":
      return (
        <>
          <Name {...props} />
          <Often leaf={leaf} set={set} />
          <Within
            leaf={leaf}
            set={set}
            name="within"
            label={s("within")}
            before="in the last"
            none={s("now")}
          />
        </>
      )
    case "trait":
      return (
        <>
          <Name {...props} />
          <Compared {...props} ops={TRAIT_OPS} />
          <Within leaf={leaf} set={set} name="for" label={s("lasting")} before="for at least" none="now" />
        </>
      )
    case "spent":
      return (
        <>
          <Name {...props} />
          <Compared {...props} ops={NUMBERS} />
          <Within
            leaf={leaf}
            set={set}
            name="within"
            label={s("within")}
            before="in the last"
            none={s("now")}
            days
          />
        </>
      )
    case "interest":
      return (
        <>
          <Name {...props} />
          <Compared {...props} ops={NUMBERS} />
        </>
      )
    case "stage":
      return <Stage leaf={leaf} set={set} />
    case "consent":
      return (
        <>
          <Name {...props} />
          <select
            aria-label={s("value")}
            value={leaf.is === false ? "no" : "yes"}
            onChange={(event) =>
              set({ consent: leaf.consent, ...(event.target.value === "no" && { is: false }) })
            }
          >
            <option value="yes">said yes</option>
            <option value="no">said no</option>
          </select>
        </>
      )
    case "segment":
      return <InSegment leaf={leaf} set={set} />
    case "has":
      return <Name {...props} />
    default:
      return (
        <Length
          label={s("within")}
          before="within the last"
          value={String(leaf[subject]).replace(/^within /, "")}
          onChange={(length) => set({ [subject]: `within ${length}` })}
        />
      )
  }
}

const WORDS: Readonly<
  Record<
    string,
    "events" | "touchpoints" | "channels" | "traits" | "spent" | "interests" | "consents" | "identifiers"
  >
> = {
  event: "events",
  touchpoint: "touchpoints",
  channel: "channels",
  trait: "traits",
  spent: "spent",
  interest: "interests",
  consent: "consents",
  has: "identifiers",
}

/** The most frequent name of each kind, to begin a condition with. */
export function useFirst(): (subject: string) => string {
  const known = useQuery(words).data
  const staged = useQuery(stages).data
  const segments = useQuery(counted).data
  return (subject) => {
    const kind = WORDS[subject]
    if (kind) return known?.[kind][0]?.name ?? ""
    if (subject === "stage") return staged?.[0]?.id ?? ""
    return segments?.[0]?.id ?? ""
  }
}

function Name({ subject, leaf, set }: Part) {
  const list = useId()
  const kind = WORDS[subject]
  const known = useQuery(words).data
  const names = (kind && known?.[kind]) ?? []
  const name = String(leaf[subject] ?? "")
  const label = (one: string) =>
    subject === "touchpoint" ? touchpointLabel(one) : subject === "channel" ? channel(one).label : undefined
  return (
    <>
      <input
        className={`${parts.input} ${css.named}`}
        aria-label={s("which")}
        list={list}
        dir="auto"
        size={Math.min(32, Math.max(10, name.length))}
        value={name}
        onChange={(event) => set({ ...leaf, [subject]: event.target.value })}
      />
      <datalist id={list}>
        {names.map((one) => (
          <option key={one.name} value={one.name} label={label(one.name)} />
        ))}
      </datalist>
    </>
  )
}

function Often({ leaf, set }: Omit<Part, "subject">) {
  const often = oftenOf(leaf)
  return (
    <>
      <select
        aria-label={s("often")}
        value={often.op}
        onChange={(event) => {
          const op = event.target.value as keyof typeof OFTEN
          set(withOften(leaf, { ...often, op, high: Math.max(often.high, often.low + 1) }))
        }}
      >
        {Object.entries(OFTEN).map(([id, label]) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      {often.op !== "never" && (
        <>
          <Count
            label={s("often")}
            value={often.low}
            onChange={(low) => set(withOften(leaf, { ...often, low }))}
          />
          {often.op === "between" && (
            <>
              <span>and</span>
              <Count
                label={s("second")}
                value={often.high}
                onChange={(high) => set(withOften(leaf, { ...often, high }))}
              />
            </>
          )}
          <span>{often.op !== "between" && often.low === 1 ? "time" : s("times")}</span>
        </>
      )}
    </>
  )
}

function Count(props: { label: string; value: number; onChange: (value: number) => void; least?: number }) {
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

function Compared({ subject, leaf, set, ops }: Part & { ops: readonly string[] }) {
  const op = testsOf(leaf)[0] ?? "is"
  const known = useQuery(words).data
  const found = subject === "trait" && known?.traits.find(({ name }) => name === leaf.trait)
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

function Within(props: {
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

function Length(props: {
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

function Stage({ leaf, set }: Omit<Part, "subject">) {
  const list = useQuery(stages).data ?? []
  const stage = String(leaf.stage)
  return (
    <>
      <select
        aria-label={s("op")}
        value={String(leaf.is ?? "current")}
        onChange={(event) =>
          set({ stage, ...(event.target.value !== "current" && { is: event.target.value }) })
        }
      >
        {Object.entries(WHICH).map(([id, label]) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <select
        aria-label={s("which")}
        value={stage}
        onChange={(event) => set({ ...leaf, stage: event.target.value })}
      >
        {!list.some(({ id }) => id === stage) && <option value={stage}>{stage}</option>}
        {list.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </>
  )
}

function InSegment({ leaf, set }: Omit<Part, "subject">) {
  const list = useQuery(counted).data ?? []
  const segment = String(leaf.segment)
  return (
    <select
      aria-label={s("which")}
      value={segment}
      onChange={(event) => set({ segment: event.target.value })}
    >
      {!list.some(({ id }) => id === segment) && <option value={segment}>{segment}</option>}
      {list.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Written({ leaf, set }: Omit<Part, "subject">) {
  const [typed, type] = useState(() => JSON.stringify(leaf))
  let bad = false
  try {
    JSON.parse(typed)
  } catch {
    bad = true
  }
  return (
    <label className={css.written}>
      <textarea
        className={parts.input}
        aria-label={s("written")}
        rows={2}
        value={typed}
        onChange={(event) => {
          type(event.target.value)
          try {
            const told: unknown = JSON.parse(event.target.value)
            if (typeof told === "object" && told && !Array.isArray(told)) set(told as Rule)
          } catch {
            // not yet
          }
        }}
      />
      <small>{bad ? s("writtenBad") : s("writtenAbout")}</small>
    </label>
  )
}
