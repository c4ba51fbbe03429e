/** The stage somebody is in, began in, or came as far as. */
import { s, WHICH } from "../text"
import { Chosen } from "./Fields"
import { type FieldsProps, isAbout, type Kind } from "./kind"

export const stage: Kind = {
  field: "stage",
  label: "Stage",
  names: ({ stages }) => stages.map(({ id, label }) => ({ name: id, label })),
  shows: (leaf) => isAbout(leaf, "stage", ["is"]),
  fresh: (name) => ({ stage: name }),
  Fields,
}

function Fields(props: FieldsProps) {
  const { leaf, set } = props
  return (
    <>
      <select
        aria-label={s("op")}
        value={String(leaf.is ?? "current")}
        onChange={(event) =>
          set({
            stage: String(leaf.stage),
            ...(event.target.value !== "current" && { is: event.target.value }),
          })
        }
      >
        {Object.entries(WHICH).map(([id, label]) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <Chosen {...props} />
    </>
  )
}
