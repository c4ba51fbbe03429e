/** A few patterns, each to be taken away, and one to be added. */
import { Plus, X } from "lucide-react"
import { Button } from "@/parts/Button"
import { ChannelDot } from "@/parts/channel"
import { Picker } from "./Picker"
import { toldOf, usePlaces } from "./places"
import { u } from "./text"
import css from "./understand.module.css"

export function Chips(props: {
  label: string
  add: string
  list: readonly string[]
  onChange: (list: readonly string[]) => void
  /** Ids of touchpoints, stages… of the level that is counted rather than patterns. */
  plain?: boolean
}) {
  const { list, onChange } = props
  const places = usePlaces()
  return (
    <fieldset className={css.chips}>
      <legend className="sr-only">{props.label}</legend>
      {list.map((pattern) => {
        const { label, channel } = toldOf(pattern, places)
        return (
          <span key={pattern} className={css.chip} title={pattern}>
            {channel && <ChannelDot id={channel} size={8} />}
            <span dir="auto">{label}</span>
            <button
              type="button"
              aria-label={u("remove", { name: label })}
              onClick={() => onChange(list.filter((one) => one !== pattern))}
            >
              <X size={13} aria-hidden="true" />
            </button>
          </span>
        )
      })}
      <Picker
        label={props.add}
        without={list}
        plain={props.plain ?? false}
        onPick={(one) => onChange([...new Set([...list, one])])}
      >
        <Button small look="quiet" className={css.adder}>
          <Plus size={14} aria-hidden="true" />
          {props.add}
        </Button>
      </Picker>
    </fieldset>
  )
}
