/** A few choices of which one holds, side by side. */
import css from "./parts.module.css"

export interface Choice<Value extends string> {
  value: Value
  label: string
}

export function Segmented<Value extends string>(props: {
  label: string
  value: Value
  choices: readonly Choice<Value>[]
  onChange: (value: Value) => void
}) {
  return (
    <fieldset
      className={css.segmented}
      aria-label={props.label}
      style={{ margin: 0, padding: 0, minWidth: 0 }}
    >
      {props.choices.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}
