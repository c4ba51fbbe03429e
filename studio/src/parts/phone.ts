/** Windows as narrow as a phone's; style sheets say the same. */
export const PHONE = "(max-width: 700px)"
