/** The kinds of condition, in the order of the menu. To add one: write its file, and a line here. */
import type { Rule } from "../rule"
import { channel } from "./channel"
import { consent } from "./consent"
import { event } from "./event"
import { firstSeen } from "./firstSeen"
import { has } from "./has"
import { interest } from "./interest"
import type { Kind } from "./kind"
import { useKnown } from "./known"
import { seen } from "./seen"
import { segment } from "./segment"
import { spent } from "./spent"
import { stage } from "./stage"
import { touchpoint } from "./touchpoint"
import { trait } from "./trait"

export const KINDS: readonly Kind[] = [
  event,
  touchpoint,
  channel,
  trait,
  spent,
  stage,
  interest,
  consent,
  has,
  segment,
  seen,
  firstSeen,
]

/** The kind of a condition; undefined when no fields can show all of it. */
export function kindOf(leaf: Rule): Kind | undefined {
  return KINDS.find(({ shows }) => shows(leaf))
}

/** A new condition of a kind, about what is most frequent. */
export function useFresh(): (kind: Kind) => Rule {
  const known = useKnown()
  return (kind) => kind.fresh(kind.names(known)[0]?.name ?? "")
}
