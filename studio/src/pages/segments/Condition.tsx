/** One condition of a rule: what it is about, and the fields of its kind; as text where no fields can show all of it. */
import { useState } from "react"
import parts from "@/parts/parts.module.css"
import { KINDS, kindOf, useFresh } from "./conditions"
import css from "./conditions/conditions.module.css"
import { leafOf, type Rule } from "./rule"
import { s } from "./text"

export interface ConditionProps {
  rule: Rule
  onChange: (rule: Rule) => void
}

export function Condition({ rule, onChange }: ConditionProps) {
  const { leaf, not } = leafOf(rule)
  const kind = kindOf(leaf)
  const fresh = useFresh()
  const set = (changed: Rule) => onChange(not ? { not: changed } : changed)
  const turn = (field: string) => {
    const to = KINDS.find((one) => one.field === field)
    if (to) set(fresh(to))
  }
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
      {kind ? (
        <>
          <select aria-label={s("about")} value={kind.field} onChange={(event) => turn(event.target.value)}>
            {KINDS.map(({ field, label }) => (
              <option key={field} value={field}>
                {label}
              </option>
            ))}
          </select>
          <kind.Fields key={kind.field} kind={kind} leaf={leaf} set={set} />
        </>
      ) : (
        <Written leaf={leaf} set={set} />
      )}
    </div>
  )
}

function Written({ leaf, set }: { leaf: Rule; set: (leaf: Rule) => void }) {
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
