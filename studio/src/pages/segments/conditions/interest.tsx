/** How much somebody is interested in a topic. */
import { NUMBERS, testsOf } from "../rule"
import { Compared, Name } from "./Fields"
import { isAbout, type Kind } from "./kind"

export const interest: Kind = {
  field: "interest",
  label: "Interest in",
  names: ({ words }) => words?.interests ?? [],
  shows: (leaf) => isAbout(leaf, "interest", NUMBERS) && testsOf(leaf).length === 1,
  fresh: (name) => ({ interest: name, at_least: 1 }),
  Fields: (props) => (
    <>
      <Name {...props} />
      <Compared {...props} ops={NUMBERS} />
    </>
  ),
}
