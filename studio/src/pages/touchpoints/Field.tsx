/** A field with its name, what it is for, and what is wrong with it. */
import type { ReactNode } from "react"
import parts from "@/parts/parts.module.css"
import css from "./touchpoints.module.css"

export interface FieldProps {
  id: string
  "aria-describedby"?: string
  "aria-invalid"?: boolean
}

export function Field(props: {
  id: string
  label: string
  hint?: string
  problem?: string
  children: (field: FieldProps) => ReactNode
}) {
  const id = `field-${props.id}`
  const about = props.problem || props.hint
  return (
    <div className={parts.field}>
      <label htmlFor={id} className={css.label}>
        {props.label}
      </label>
      {props.children({
        id,
        "aria-describedby": about ? `${id}-about` : undefined,
        "aria-invalid": props.problem ? true : undefined,
      })}
      {about && (
        <small
          id={`${id}-about`}
          className={props.problem ? css.problem : undefined}
          role={props.problem ? "alert" : undefined}
        >
          {about}
        </small>
      )}
    </div>
  )
}
