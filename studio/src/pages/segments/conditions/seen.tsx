/** When somebody was seen last. */
import { since } from "./since"

export const seen = since({ field: "seen", label: "Last seen" })
