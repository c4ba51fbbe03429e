/** Was at a touchpoint. */
import { touchpointLabel } from "@/parts/channel"
import { happened } from "./happened"

export const touchpoint = happened({
  field: "touchpoint",
  label: "Was at",
  names: ({ words }) =>
    (words?.touchpoints ?? []).map(({ name }) => ({ name, label: touchpointLabel(name) })),
})
