/** Conditions about what a customer did: how often, and within how long. */
import { oftenOf, type Rule, withOften } from "../rule"
import { OFTEN, s } from "../text"
import { Count, Name, Within } from "./Fields"
import { type FieldsProps, isAbout, type Kind } from "./kind"

const OTHERS = ["at_least", "at_most", "exactly", "never", "within"]

export function happened({ field, label, names }: Pick<Kind, "field" | "label" | "names">): Kind {
  return {
    field,
    label,
    names,
    shows: (leaf) => isAbout(leaf, field, OTHERS),
    fresh: (name) => ({ [field]: name, at_least: 1, within: "30d" }),
    Fields,
  }
}

function Fields(props: FieldsProps) {
  const { leaf, set } = props
  return (
    <>
      <Name {...props} />
      <Often leaf={leaf} set={set} />
      <Within leaf={leaf} set={set} name="within" label={s("within")} before="in the last" none={s("now")} />
    </>
  )
}

function Often({ leaf, set }: { leaf: Rule; set: (leaf: Rule) => void }) {
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
