/** Used a channel. */
import { channel as told } from "@/parts/channel"
import { happened } from "./happened"

export const channel = happened({
  field: "channel",
  label: "Used channel",
  names: ({ words }) => (words?.channels ?? []).map(({ name }) => ({ name, label: told(name).label })),
})
