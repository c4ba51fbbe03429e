/** The steps of a funnel: picked from a list, put in order by their grip with the mouse, a finger or the keyboard. */
import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core"
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable"
import { GripVertical, Plus, X } from "lucide-react"
import { Picker } from "@/pages/understand/Picker"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { u } from "@/pages/understand/text"
import { Button } from "@/parts/Button"
import { ChannelIcon } from "@/parts/channel"
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
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  )
  const ids = steps.map((_, at) => String(at))
  const name = (id: string | number) => toldOf(steps[Number(id)] ?? "", places).label
  const dropped = ({ active, over }: DragEndEvent) => {
    if (over && over.id !== active.id) onChange(arrayMove([...steps], Number(active.id), Number(over.id)))
  }
  return (
    <section className={css.section} aria-label={f("steps")}>
      <h2>{f("steps")}</h2>
      <DndContext
        sensors={sensors}
        collisionDetection={closestCenter}
        modifiers={[upright]}
        onDragEnd={dropped}
        accessibility={{
          screenReaderInstructions: { draggable: f("liftHow") },
          announcements: {
            onDragStart: ({ active }) => f("lifted", { name: name(active.id) }),
            onDragOver: ({ active, over }) =>
              over ? f("above", { name: name(active.id), step: Number(over.id) + 1 }) : undefined,
            onDragEnd: ({ active, over }) =>
              over
                ? f("dropped", { name: name(active.id), step: Number(over.id) + 1 })
                : f("letGo", { name: name(active.id) }),
            onDragCancel: ({ active }) => f("letGo", { name: name(active.id) }),
          },
        }}
      >
        <SortableContext items={ids} strategy={verticalListSortingStrategy}>
          <ol className={css.steps}>
            {steps.map((pattern, at) => (
              <Step
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is where it stands; the same one may come twice
                key={at}
                id={String(at)}
                step={at + 1}
                pattern={pattern}
                places={places}
                onPick={(to) => onChange(steps.map((one, other) => (other === at ? to : one)))}
                onRemove={() => onChange(steps.filter((_, other) => other !== at))}
              />
            ))}
          </ol>
        </SortableContext>
      </DndContext>
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

/** A step moves up and down only. */
const upright = ({ transform }: { transform: { x: number; y: number; scaleX: number; scaleY: number } }) => ({
  ...transform,
  x: 0,
})

function Step(props: {
  id: string
  step: number
  pattern: string
  places: Places
  onPick: (pattern: string) => void
  onRemove: () => void
}) {
  const { id, step, pattern, places } = props
  const sortable = useSortable({ id })
  const { label, kind, channel } = toldOf(pattern, places)
  const { transform } = sortable
  return (
    <li
      ref={sortable.setNodeRef}
      className={css.step}
      data-lifted={sortable.isDragging || undefined}
      style={{
        transform: transform ? `translateY(${transform.y}px)` : undefined,
        transition: sortable.transition,
      }}
    >
      <button
        type="button"
        className={css.grip}
        {...sortable.attributes}
        {...sortable.listeners}
        aria-label={f("lift", { step, name: label })}
      >
        <GripVertical size={14} aria-hidden="true" />
      </button>
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
    </li>
  )
}
