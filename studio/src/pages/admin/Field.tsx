/** A control with its name above and what it is for below; both are told to whoever cannot see them. */
import { type ReactNode, useId } from "react"
import parts from "@/parts/parts.module.css"

export interface Told {
  id: string
  className: string | undefined
  "aria-describedby": string | undefined
}

export function Field(props: { label: string; about?: string; children: (told: Told) => ReactNode }) {
  const id = useId()
  return (
    <div className={parts.field}>
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        className: parts.input,
        "aria-describedby": props.about ? `${id}-about` : undefined,
      })}
      {props.about && <small id={`${id}-about`}>{props.about}</small>}
    </div>
  )
}
