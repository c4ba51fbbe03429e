/** What a kind of condition is. A kind is one file here, and its line in `index.ts`. */
import type { ReactNode } from "react"
import type { Rule } from "../rule"
import type { Known } from "./known"

export interface Kind {
  /** The field of a rule that says what it is about. */
  field: string
  /** In the menu. */
  label: string
  /** Whether the fields can show all that a condition says. */
  shows: (leaf: Rule) => boolean
  /** A new condition about something. */
  fresh: (name: string) => Rule
  /** What it can be about, the most frequent first. */
  names: (known: Known) => readonly Name[]
  Fields: (props: FieldsProps) => ReactNode
}

export interface FieldsProps {
  kind: Kind
  leaf: Rule
  set: (leaf: Rule) => void
}

export interface Name {
  name: string
  /** For people, where it is not the name. */
  label?: string | undefined
}

/** Whether a condition is about this, and says nothing but what is among `others`. */
export function isAbout(leaf: Rule, field: string, others: readonly string[] = []): boolean {
  const keys = Object.keys(leaf)
  return typeof leaf[field] === "string" && keys.every((key) => key === field || others.includes(key))
}
