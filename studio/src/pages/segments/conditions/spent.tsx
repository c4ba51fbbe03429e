/** Money spent on something. */
import { NUMBERS, testsOf } from "../rule"
import { s } from "../text"
import { Compared, Name, Within } from "./Fields"
import { isAbout, type Kind } from "./kind"

export const spent: Kind = {
  field: "spent",
  label: "Money on",
  names: ({ words }) => words?.spent ?? [],
  shows: (leaf) => isAbout(leaf, "spent", [...NUMBERS, "within"]) && testsOf(leaf).length === 1,
  fresh: (name) => ({ spent: name, above: 0 }),
  Fields: (props) => (
    <>
      <Name {...props} />
      <Compared {...props} ops={NUMBERS} />
      <Within {...props} name="within" label={s("within")} before="in the last" none={s("now")} days />
    </>
  ),
}
