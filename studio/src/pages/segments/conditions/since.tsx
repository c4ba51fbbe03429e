/** Conditions about how long ago something was. */
import { s } from "../text"
import { Length } from "./Fields"
import { type FieldsProps, isAbout, type Kind } from "./kind"

const BEFORE = "within "

export function since({ field, label }: Pick<Kind, "field" | "label">): Kind {
  return {
    field,
    label,
    names: () => [],
    shows: (leaf) => isAbout(leaf, field) && String(leaf[field]).startsWith(BEFORE),
    fresh: () => ({ [field]: `${BEFORE}30d` }),
    Fields,
  }
}

function Fields({ kind, leaf, set }: FieldsProps) {
  return (
    <Length
      label={s("within")}
      before="within the last"
      value={String(leaf[kind.field]).slice(BEFORE.length)}
      onChange={(length) => set({ [kind.field]: `${BEFORE}${length}` })}
    />
  )
}
