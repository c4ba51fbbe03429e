/** Did something: an event by its name. */
import { happened } from "./happened"

export const event = happened({ field: "event", label: "Did", names: ({ words }) => words?.events ?? [] })
