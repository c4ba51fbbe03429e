/** What somebody said when asked for consent. */
import { s } from "../text"
import { Name } from "./Fields"
import { type FieldsProps, isAbout, type Kind } from "./kind"

export const consent: Kind = {
  field: "consent",
  label: "Consent to",
  names: ({ words }) => words?.consents ?? [],
  shows: (leaf) => isAbout(leaf, "consent", ["is"]),
  fresh: (name) => ({ consent: name }),
  Fields,
}

function Fields(props: FieldsProps) {
  const { leaf, set } = props
  return (
    <>
      <Name {...props} />
      <select
        aria-label={s("value")}
        value={leaf.is === false ? "no" : "yes"}
        onChange={(event) =>
          set({ consent: leaf.consent, ...(event.target.value === "no" && { is: false }) })
        }
      >
        <option value="yes">said yes</option>
        <option value="no">said no</option>
      </select>
    </>
  )
}
