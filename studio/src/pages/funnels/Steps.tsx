/** The steps of a funnel: picked from a list, put in order by their grip with the mouse, a finger or the keyboard. */
import { Plus, X } from "lucide-react"
import { Picker } from "@/pages/understand/Picker"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { u } from "@/pages/understand/text"
import { Button } from "@/parts/Button"
import { ChannelIcon } from "@/parts/channel"
import { Sortable, SortableLine } from "@/parts/Sortable"
import { MOST } from "./address"
import css from "./funnels.module.css"
import { f } from "./text"

export function Steps({
  steps,
  onChange,
}: {
  steps: readonly string[]
  onChange: (steps: readonly string[]) => void
}) {
  const places = usePlaces()
  return (
    <section className={css.section} aria-label={f("steps")}>
      <h2>{f("steps")}</h2>
      <Sortable
        items={steps}
        idOf={(_, at) => String(at)}
        nameOf={(pattern) => toldOf(pattern, places).label}
        className={css.steps}
        onMove={onChange}
      >
        {(pattern, at) => (
          <Step
            key={at}
            id={String(at)}
            step={at + 1}
            pattern={pattern}
            places={places}
            onPick={(to) => onChange(steps.map((one, other) => (other === at ? to : one)))}
            onRemove={() => onChange(steps.filter((_, other) => other !== at))}
          />
        )}
      </Sortable>
      {steps.length < MOST && (
        <Picker label={f("addStep")} onPick={(pattern) => onChange([...steps, pattern])}>
          <Button small className={css.add}>
            <Plus size={14} aria-hidden="true" />
            {f(steps.length ? "addStep" : "addFirst")}
          </Button>
        </Picker>
      )}
    </section>
  )
}

function Step(props: {
  id: string
  step: number
  pattern: string
  places: Places
  onPick: (pattern: string) => void
  onRemove: () => void
}) {
  const { id, step, pattern, places } = props
  const { label, kind, channel } = toldOf(pattern, places)
  return (
    <SortableLine id={id} grip={f("lift", { step, name: label })} className={css.step}>
      <span className={`${css.at} num`} aria-hidden="true">
        {step}
      </span>
      <Picker label={f("changeStep", { step, name: label })} onPick={props.onPick}>
        <button
          type="button"
          className={css.pick}
          title={pattern}
          aria-label={f("changeStep", { step, name: label })}
        >
          {channel && <ChannelIcon id={channel} size={15} />}
          <span dir="auto">{label}</span>
          {kind && <small>{kind}</small>}
        </button>
      </Picker>
      <button
        type="button"
        className={css.remove}
        aria-label={f("removeStep", { step, name: label })}
        title={u("remove", { name: label })}
        onClick={props.onRemove}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </SortableLine>
  )
}
