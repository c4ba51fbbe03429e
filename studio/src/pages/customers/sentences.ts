/** What the hub says of an identity -> nodes and evidence to draw, and the sentences people read. */
import { exact } from "@/text/format"
import type { Identity, Link } from "./asked"
import type { Node } from "./network"
import { split } from "./who"

/** How evidence by hand came to be. */
const BY_HAND = new Set(["operator", "cut", "release"])

/** Everybody to draw: the customer's own identifiers, and those the evidence names beside them. */
export function nodes(identity: Identity): Node[] {
  const own = new Map<string, Node>()
  for (const one of identity.identifiers)
    own.set(one.id, {
      id: one.id,
      kind: one.kind,
      value: one.value,
      state: one.quarantined ? "quarantined" : "member",
    })
  const beside = new Map<string, Node>()
  for (const link of identity.links)
    for (const [id, name] of [
      [link.a_id, link.a],
      [link.b_id, link.b],
    ] as const) {
      if (own.has(id)) continue
      const state = link.state === "quarantined" ? "quarantined" : "other"
      if (beside.get(id)?.state !== "quarantined") beside.set(id, { id, ...split(name), state })
    }
  return [...own.values(), ...beside.values()]
}

/** The evidence of a moment: only what had been heard by then, and who was together then. */
export function known(identity: Identity, asOf: string): Identity {
  if (!asOf) return identity
  const members = new Set(identity.identifiers.map((one) => one.id))
  const links = identity.links
    .filter((link) => Date.parse(link.learned) <= Date.parse(asOf))
    .map((link) =>
      link.state === "united" && !(members.has(link.a_id) && members.has(link.b_id))
        ? { ...link, state: "refused", why: "the two were not one customer yet" }
        : link,
    )
  return { ...identity, links, merges: links.filter((one) => BY_HAND.has(one.how)) }
}

/** How two identifiers came to be thought of as one customer's. */
export function how(link: Link): string {
  switch (link.how) {
    case "event":
      return `Seen together on an event from ${link.source || "an unnamed source"}`
    case "alias":
      return `Said to be the same by ${link.source || "an unnamed source"}`
    case "operator":
      return `Merged by hand by ${link.by || "somebody"}`
    case "cut":
      return `Parted by hand by ${link.by || "somebody"}`
    case "release":
      return `Released from quarantine by ${link.by || "somebody"}`
    default:
      return link.how
  }
}

/** What became of it, in a few words. */
export function became(link: Link): string {
  switch (link.state) {
    case "united":
      return link.order > 0 ? "brought them together" : "confirms it"
    case "quarantined":
      return "not followed: quarantined"
    case "refused":
      return "not followed: refused"
    case "unverified":
      return "not followed: no proof"
    case "parted":
      return "keeps them apart"
    case "released":
      return "follows it again"
    default:
      return link.state
  }
}

/** A tie in one sentence, for whoever does not see it. */
export function sentence(a: string, b: string, links: readonly Link[]): string {
  const [link] = links
  if (!link) return `${a} and ${b}`
  return `${a} and ${b}: ${how(link)}, ${exact(link.occurred)}, ${became(link)}`
}
