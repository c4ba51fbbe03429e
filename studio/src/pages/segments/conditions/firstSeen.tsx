/** When somebody was seen first. */
import { since } from "./since"

export const firstSeen = since({ field: "first_seen", label: "First seen" })
