/** A control with its name above, and below what it is for or what is wrong with it; both are told to whoever cannot see. */
import { type ReactNode, useId } from "react"
import parts from "./parts.module.css"

export interface FieldProps {
  id: string
  "aria-describedby"?: string | undefined
  "aria-invalid"?: boolean | undefined
}

export function Field(props: {
  /** Where somebody has to find it: its element is `field-<id>`. */
  id?: string
  label: string
  about?: string
  problem?: string
  children: (field: FieldProps) => ReactNode
}) {
  const own = useId()
  const id = props.id ? `field-${props.id}` : own
  const told = props.problem || props.about
  return (
    <div className={parts.field}>
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        "aria-describedby": told ? `${id}-about` : undefined,
        "aria-invalid": props.problem ? true : undefined,
      })}
      {told && (
        <small id={`${id}-about`} role={props.problem ? "alert" : undefined}>
          {told}
        </small>
      )}
    </div>
  )
}
