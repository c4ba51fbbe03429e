/** Touchpoints taken by their grip and dropped on a stage, with the mouse, a finger or the keyboard; taken back in the toast. */
import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MeasuringStrategy,
  PointerSensor,
  pointerWithin,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core"
import { GripVertical } from "lucide-react"
import { type ReactNode, useState } from "react"
import { ChannelIcon, touchpointLabel } from "@/parts/channel"
import { plural } from "@/text/format"
import { filled } from "@/text/t"
import type { Catalogue } from "./asked"
import { revise } from "./revise"
import css from "./StageDrag.module.css"
import { text } from "./text"

const NONE = "stage:"

export function StageDrag(props: {
  catalogue: Catalogue
  selected: ReadonlySet<string>
  onMoved: () => void
  children: ReactNode
}) {
  const { catalogue, selected } = props
  const [lifted, setLifted] = useState("")
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: toNextStage }),
  )
  const stages = [...catalogue.stages, { id: "", name: text.noStage }]
  const stageName = (id: unknown) => stages.find((one) => NONE + one.id === id)?.name ?? ""
  const row = catalogue.rows.find((one) => one.touchpoint === lifted)
  const taken = (id: string) => (selected.has(id) ? [...selected] : [id])
  const dropped = ({ active, over }: DragEndEvent) => {
    setLifted("")
    if (!over) return
    const stage = String(over.id).slice(NONE.length)
    const ids = new Set(taken(String(active.id)))
    const rows = catalogue.rows.filter((one) => ids.has(one.touchpoint) && one.stage !== stage)
    if (rows.length) void revise(rows, catalogue, { stage }).then(props.onMoved)
  }
  return (
    <DndContext
      sensors={sensors}
      autoScroll={false}
      collisionDetection={(told) => (told.pointerCoordinates ? pointerWithin(told) : closestCenter(told))}
      measuring={{ droppable: { strategy: MeasuringStrategy.Always } }}
      onDragStart={({ active }) => setLifted(String(active.id))}
      onDragCancel={() => setLifted("")}
      onDragEnd={dropped}
      accessibility={{
        screenReaderInstructions: { draggable: text.liftHow },
        announcements: {
          onDragStart: ({ active }) => filled(text.lifted, { name: label(active.id) }),
          onDragOver: ({ active, over }) =>
            over ? filled(text.above, { name: label(active.id), stage: stageName(over.id) }) : undefined,
          onDragEnd: ({ active, over }) =>
            over
              ? filled(text.dropped, { name: label(active.id), stage: stageName(over.id) })
              : filled(text.letGo, { name: label(active.id) }),
          onDragCancel: ({ active }) => filled(text.letGo, { name: label(active.id) }),
        },
      }}
    >
      {props.children}
      {row && (
        <ul className={css.stages} aria-label={text.dropHere}>
          {stages.map((one) => (
            <Target key={one.id} id={NONE + one.id} name={one.name} here={row.stage === one.id} />
          ))}
        </ul>
      )}
      <DragOverlay dropAnimation={null} style={{ width: "max-content", height: "auto" }}>
        {row && (
          <span className={css.lifted}>
            <ChannelIcon id={row.channel} size={15} />
            {taken(lifted).length > 1
              ? plural(taken(lifted).length, "touchpoint")
              : touchpointLabel(row.touchpoint)}
          </span>
        )}
      </DragOverlay>
    </DndContext>
  )
}

const label = (id: string | number) => touchpointLabel(String(id))

/** What a row is taken by. */
export function Grip({ touchpoint }: { touchpoint: string }) {
  const { attributes, listeners, setNodeRef } = useDraggable({ id: touchpoint })
  return (
    <button
      type="button"
      ref={setNodeRef}
      className={css.grip}
      {...attributes}
      {...listeners}
      aria-label={filled(text.lift, { name: touchpoint })}
    >
      <GripVertical size={14} aria-hidden="true" />
    </button>
  )
}

function Target({ id, name, here }: { id: string; name: string; here: boolean }) {
  const { setNodeRef, isOver } = useDroppable({ id })
  return (
    <li ref={setNodeRef} data-over={isOver || undefined} data-here={here || undefined} dir="auto">
      {name}
    </li>
  )
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/** Arrow keys go from stage to stage. */
const toNextStage: KeyboardCoordinateGetter = (event, { context }) => {
  const step = STEPS[event.code]
  if (!step) return undefined
  event.preventDefault()
  const ids = context.droppableContainers.getEnabled().map((one) => one.id)
  const at = context.over ? ids.indexOf(context.over.id) : -1
  const moved = event.currentTarget === null && at < 0 ? 0 : (at + step + ids.length) % ids.length
  const rect = context.droppableRects.get(ids[moved] ?? "")
  const own = context.collisionRect
  if (!rect || !own) return undefined
  return { x: rect.left + (rect.width - own.width) / 2, y: rect.top + (rect.height - own.height) / 2 }
}
