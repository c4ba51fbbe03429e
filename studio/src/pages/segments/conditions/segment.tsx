/** In another segment. */
import { Chosen } from "./Fields"
import { isAbout, type Kind } from "./kind"

export const segment: Kind = {
  field: "segment",
  label: "In segment",
  names: ({ segments }) => segments.map(({ id, name }) => ({ name: id, label: name })),
  shows: (leaf) => isAbout(leaf, "segment"),
  fresh: (name) => ({ segment: name }),
  Fields: Chosen,
}
