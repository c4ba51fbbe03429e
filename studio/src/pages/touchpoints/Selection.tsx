/** What can be done with several touchpoints at once: name places as one, set stage or group. */
import { X } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import { useState } from "react"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import type { Catalogue } from "./asked"
import type { Row } from "./model"
import { revise } from "./revise"
import { text } from "./text"
import css from "./touchpoints.module.css"

export function Selection(props: {
  rows: Row[]
  catalogue: Catalogue
  onName: (ids: string[]) => void
  onClear: () => void
}) {
  const { rows, catalogue } = props
  const [busy, setBusy] = useState(false)
  const unnamed = rows.filter((row) => row.mark === "unnamed").map((row) => row.touchpoint)

  const set = async (change: { stage: string } | { group: string }) => {
    setBusy(true)
    await revise(rows, catalogue, change)
    setBusy(false)
    props.onClear()
  }
  return (
    <div className={css.selection} role="toolbar" aria-label={filled(text.selected, { count: rows.length })}>
      <strong className="num">{filled(text.selected, { count: count(rows.length) })}</strong>
      {unnamed.length > 0 && (
        <Button small look="primary" onClick={() => props.onName(unnamed)} disabled={busy}>
          {unnamed.length > 1 ? text.nameThem : text.rename}
        </Button>
      )}
      <Menu
        label={text.setStage}
        disabled={busy}
        choices={[
          ...catalogue.stages.map((one) => ({ value: one.id, label: one.name })),
          { value: "", label: text.noStage },
        ]}
        onChoose={(stage) => void set({ stage })}
      />
      <Menu
        label={text.setGroup}
        disabled={busy}
        choices={[
          ...catalogue.groups.map((one) => ({ value: one, label: one })),
          { value: "", label: text.noGroup },
        ]}
        typed={text.newGroup}
        onChoose={(group) => void set({ group })}
      />
      <Button small look="quiet" onClick={props.onClear}>
        <X size={13} aria-hidden="true" /> {text.deselect}
      </Button>
    </div>
  )
}

function Menu(props: {
  label: string
  disabled: boolean
  choices: { value: string; label: string }[]
  /** A choice may also be typed: what the field is called. */
  typed?: string
  onChoose: (value: string) => void
}) {
  const [open, setOpen] = useState(false)
  return (
    <DropdownMenu.Root open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <Button small disabled={props.disabled}>
          {props.label}
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={parts.popover} align="start" sideOffset={6} aria-label={props.label}>
          {props.typed && (
            <form
              className={css.typed}
              onSubmit={(event) => {
                event.preventDefault()
                const typed = String(new FormData(event.currentTarget).get("typed") ?? "").trim()
                if (!typed) return
                setOpen(false)
                props.onChoose(typed)
              }}
            >
              <input
                name="typed"
                className={parts.input}
                placeholder={props.typed}
                aria-label={props.typed}
                onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}
              />
            </form>
          )}
          {props.choices.map(({ value, label }) => (
            <DropdownMenu.Item key={value} className={parts.menuitem} onSelect={() => props.onChoose(value)}>
              {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
