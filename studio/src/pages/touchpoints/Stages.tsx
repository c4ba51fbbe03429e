/** The stages of customers' lives: renamed, ordered (by dragging or by buttons), added, removed, and published together. */

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
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { publish } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import type { Catalogue, Stage } from "./asked"
import { stageId } from "./stages"
import { text } from "./text"
import css from "./touchpoints.module.css"

export function Stages({ catalogue, onClose }: { catalogue: Catalogue; onClose: () => void }) {
  const [stages, setStages] = useState<Stage[]>(catalogue.stages)
  const [busy, setBusy] = useState(false)
  const sensors = useSensors(
    useSensor(PointerSensor),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  )
  const used = (id: string) => catalogue.rows.filter((row) => row.stage === id).length
  const move = (from: number, to: number) =>
    to >= 0 && to < stages.length && setStages(arrayMove(stages, from, to))
  const dropped = ({ active, over }: DragEndEvent) => {
    if (over && active.id !== over.id) move(place(active.id), place(over.id))
  }
  const place = (id: string | number) => stages.findIndex((one) => one.id === id)

  const save = async () => {
    setBusy(true)
    const bodies = stages.map((one, order) => ({
      ...one.body,
      id: one.id,
      name: one.name.trim() || one.id,
      order: order + 1,
    }))
    const kept = new Set(stages.map((one) => one.id))
    const retired = catalogue.stages.filter((one) => !kept.has(one.id)).map((one) => one.id)
    try {
      tell(text.stagesSaved, await publish("stage", bodies, { retired }))
      onClose()
    } catch (error) {
      setBusy(false)
      failed(error)
    }
  }
  const add = () => {
    const name = text.newStage
    const id = stageId(
      name,
      stages.map((one) => one.id),
    )
    setStages([...stages, { id, name, body: { id } }])
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={text.stagesTitle}
      about={text.stagesAbout}
      actions={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" onClick={() => void save()} disabled={busy || !stages.length}>
            {text.save}
          </Button>
        </>
      }
    >
      <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={dropped}>
        <SortableContext items={stages.map((one) => one.id)} strategy={verticalListSortingStrategy}>
          <ol className={css.stages}>
            {stages.map((stage, at) => (
              <Line
                key={stage.id}
                stage={stage}
                number={at + 1}
                last={at === stages.length - 1}
                used={used(stage.id)}
                onName={(name) => setStages(stages.map((one) => (one === stage ? { ...one, name } : one)))}
                onMove={(by) => move(at, at + by)}
                onRemove={() => setStages(stages.filter((one) => one !== stage))}
              />
            ))}
          </ol>
        </SortableContext>
      </DndContext>
      <Button small onClick={add}>
        <Plus size={14} aria-hidden="true" /> {text.addStage}
      </Button>
    </Dialog>
  )
}

function Line(props: {
  stage: Stage
  number: number
  last: boolean
  used: number
  onName: (name: string) => void
  onMove: (by: number) => void
  onRemove: () => void
}) {
  const { stage, number } = props
  const { name } = stage
  const sortable = useSortable({ id: stage.id })
  const moved = sortable.transform
  return (
    <li
      ref={sortable.setNodeRef}
      style={{
        transform: moved ? `translateY(${moved.y}px)` : undefined,
        transition: sortable.transition,
        zIndex: sortable.isDragging ? 1 : undefined,
      }}
    >
      <button
        type="button"
        className={css.grip}
        {...sortable.attributes}
        {...sortable.listeners}
        aria-label={filled(text.drag, { name })}
      >
        <GripVertical size={15} />
      </button>
      <input
        className={parts.input}
        value={name}
        aria-label={filled(text.stageName, { number })}
        onChange={(event) => props.onName(event.target.value)}
      />
      <small className="quiet num">{filled(text.usedBy, { count: count(props.used) })}</small>
      <Button
        small
        icon
        look="quiet"
        disabled={number === 1}
        onClick={() => props.onMove(-1)}
        aria-label={filled(text.moveUp, { name })}
      >
        <ArrowUp size={14} />
      </Button>
      <Button
        small
        icon
        look="quiet"
        disabled={props.last}
        onClick={() => props.onMove(1)}
        aria-label={filled(text.moveDown, { name })}
      >
        <ArrowDown size={14} />
      </Button>
      <Button
        small
        icon
        look="quiet"
        onClick={props.onRemove}
        aria-label={filled(text.removeStage, { name })}
      >
        <Trash2 size={14} />
      </Button>
    </li>
  )
}
