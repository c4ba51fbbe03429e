/** The stages of customers' lives: renamed, ordered (by dragging or by buttons), added, removed, and published together. */
import { arrayMove } from "@dnd-kit/sortable"
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { publish } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { Sortable, SortableLine } from "@/parts/Sortable"
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
  const used = (id: string) => catalogue.rows.filter((row) => row.stage === id).length
  const move = (from: number, to: number) =>
    to >= 0 && to < stages.length && setStages(arrayMove(stages, from, to))
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
      <Sortable
        items={stages}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        className={css.stages}
        onMove={setStages}
      >
        {(stage, at) => (
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
        )}
      </Sortable>
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
  return (
    <SortableLine id={stage.id} grip={filled(text.drag, { name })}>
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
    </SortableLine>
  )
}
