/** A list that is put in order by grips: with the mouse, a finger or the keyboard (space lifts, arrows move, space drops). */
import {
  type Announcements,
  closestCenter,
  DndContext,
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
import { GripVertical } from "lucide-react"
import type { ReactNode } from "react"
import { t } from "@/text/t"
import css from "./Sortable.module.css"

export interface SortableProps<One> {
  items: readonly One[]
  /** What stays the same of an item while others move; where it stands when one may come twice. */
  idOf: (one: One, at: number) => string
  /** As it is told to whoever cannot see it. */
  nameOf: (one: One) => string
  className?: string | undefined
  onMove: (items: One[]) => void
  children: (one: One, at: number) => ReactNode
}

export function Sortable<One>({ items, idOf, nameOf, className, onMove, children }: SortableProps<One>) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  )
  const ids = items.map(idOf)
  const at = (id: string | number) => ids.indexOf(String(id))
  const name = (id: string | number) => {
    const one = items[at(id)]
    return one === undefined ? "" : nameOf(one)
  }
  const announcements: Announcements = {
    onDragStart: ({ active }) => t("sort.lifted", { name: name(active.id) }),
    onDragOver: ({ active, over }) =>
      over ? t("sort.above", { name: name(active.id), place: at(over.id) + 1 }) : undefined,
    onDragEnd: ({ active, over }) =>
      over
        ? t("sort.dropped", { name: name(active.id), place: at(over.id) + 1 })
        : t("sort.letGo", { name: name(active.id) }),
    onDragCancel: ({ active }) => t("sort.letGo", { name: name(active.id) }),
  }
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      modifiers={[upright]}
      accessibility={{ screenReaderInstructions: { draggable: t("sort.how") }, announcements }}
      onDragEnd={({ active, over }) => {
        if (over && over.id !== active.id) onMove(arrayMove([...items], at(active.id), at(over.id)))
      }}
    >
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ol className={className}>{items.map(children)}</ol>
      </SortableContext>
    </DndContext>
  )
}

/** An item moves up and down only. */
const upright = ({ transform }: { transform: { x: number; y: number; scaleX: number; scaleY: number } }) => ({
  ...transform,
  x: 0,
})

/** One line of the list, behind its grip. */
export function SortableLine(props: { id: string; grip: string; className?: string; children: ReactNode }) {
  const sortable = useSortable({ id: props.id })
  const { transform, transition, isDragging } = sortable
  return (
    <li
      ref={sortable.setNodeRef}
      className={`${css.line} ${props.className ?? ""}`}
      data-lifted={isDragging || undefined}
      style={{ transform: transform ? `translateY(${transform.y}px)` : undefined, transition }}
    >
      <button
        type="button"
        className={css.grip}
        {...sortable.attributes}
        {...sortable.listeners}
        aria-label={props.grip}
      >
        <GripVertical size={14} aria-hidden="true" />
      </button>
      {props.children}
    </li>
  )
}
