/** A titled part of the glance, and the button that shows all of a long one. */
import type { ReactNode } from "react"
import { Button } from "@/parts/Button"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import css from "./Glance.module.css"
import { text } from "./text"

export function Section({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <section className={css.section}>
      <h2>
        {title} {about && <small className="quiet">{about}</small>}
      </h2>
      {children}
    </section>
  )
}

/** "Show all 23", and back. */
export function AllOf(props: {
  shown: boolean
  total: number
  most: number
  onChange: (all: boolean) => void
}) {
  if (props.total <= props.most) return null
  return (
    <Button small look="quiet" className={css.all} onClick={() => props.onChange(!props.shown)}>
      {props.shown ? text.showFewer : filled(text.showAll, { n: count(props.total) })}
    </Button>
  )
}
