/** A trait, and since when it has been so. */
import { TESTS, testsOf } from "../rule"
import { s } from "../text"
import { Compared, Name, Within } from "./Fields"
import { isAbout, type Kind } from "./kind"

export const trait: Kind = {
  field: "trait",
  label: "Trait",
  names: ({ words }) => words?.traits ?? [],
  shows: (leaf) => isAbout(leaf, "trait", [...TESTS, "for"]) && testsOf(leaf).length === 1,
  fresh: (name) => ({ trait: name, exists: true }),
  Fields: (props) => (
    <>
      <Name {...props} />
      <Compared {...props} ops={TESTS} />
      <Within {...props} name="for" label={s("lasting")} before="for at least" none="now" />
    </>
  ),
}
