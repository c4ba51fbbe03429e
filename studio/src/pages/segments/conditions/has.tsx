/** Known by a kind of identifier. */
import { Name } from "./Fields"
import { isAbout, type Kind } from "./kind"

export const has: Kind = {
  field: "has",
  label: "Known by",
  names: ({ words }) => words?.identifiers ?? [],
  shows: (leaf) => isAbout(leaf, "has"),
  fresh: (name) => ({ has: name }),
  Fields: Name,
}
