/** A customer as the hub tells it -> what people call them: a name, the best identifier, words for kinds and devices. */

import {
  Contact,
  CreditCard,
  Fingerprint,
  IdCard,
  type LucideIcon,
  Mail,
  Phone,
  Smartphone,
  Tag,
} from "lucide-react"
import type { Schemas } from "@/api/client"
import { cut } from "@/text/format"

export type Brief = Schemas["ProfileBrief"]
export type Profile = Schemas["Profile"]
export interface Identifier {
  kind: string
  value: string
}

/** Kinds in the order in which people like to be called by them. */
const BEST = ["email", "phone", "user_id", "loyalty", "crm"]
const KINDS: Record<string, [string, string, LucideIcon]> = {
  email: ["Email", "Emails", Mail],
  phone: ["Phone", "Phones", Phone],
  user_id: ["User id", "User ids", IdCard],
  loyalty: ["Loyalty card", "Cards", CreditCard],
  crm: ["CRM id", "CRM ids", Contact],
  device_id: ["App device", "App devices", Smartphone],
  anonymous_id: ["Anonymous id", "Anonymous ids", Fingerprint],
}
const DEVICES = new Set(["device_id", "anonymous_id"])

/** "email" -> "Email"; a kind of the team's own keeps its name, with a capital. */
export function kindLabel(kind: string, many = false): string {
  const known = KINDS[kind]
  if (known) return many ? known[1] : known[0]
  return words(kind)
}

export function kindIcon(kind: string): LucideIcon {
  return KINDS[kind]?.[2] ?? (/device|cookie|browser|anonymous/.test(kind) ? Fingerprint : Tag)
}

/** Whether this kind names a device rather than a customer. */
export function isDevice(kind: string): boolean {
  return DEVICES.has(kind) || /device|cookie|anonymous/.test(kind)
}

/** "personal_offers" -> "Personal offers". */
export function words(name: string): string {
  const plain = name.replace(/[_-]+/g, " ").trim() || name
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** The identifier people know best, null when there is none at all. */
export function best(identifiers: readonly Identifier[]): Identifier | null {
  for (const kind of BEST) {
    const found = identifiers.find((one) => one.kind === kind)
    if (found) return found
  }
  return identifiers.find((one) => !isDevice(one.kind)) ?? identifiers[0] ?? null
}

/** What the traits call the customer: `name`, or first and last name; "" when they do not. */
export function named(traits: Record<string, unknown>): string {
  const told = (name: string) => {
    const value = traits[name]
    return typeof value === "string" ? value.trim() : ""
  }
  const whole = told("name") || told("full_name") || told("fullName")
  if (whole) return whole
  const parts = [
    told("firstName") || told("first_name") || told("firstname"),
    told("lastName") || told("last_name") || told("lastname"),
  ]
  return parts.filter(Boolean).join(" ")
}

/** What to call a customer at the top of a page: the name, else the best identifier, else the id. */
export function called(one: {
  id: string
  traits: Record<string, unknown>
  identifiers: Identifier[]
}): string {
  const name = named(one.traits)
  if (name) return name
  const known = best(one.identifiers)
  if (!known) return one.id
  return isDevice(known.kind) ? `Visitor ${cut(known.value, 13)}` : known.value
}

/** Up to two first letters for the round picture, "" when there is no name to take them from. */
export function initials(name: string): string {
  const parts = name.split(/\s+/).filter((part) => /\p{L}/u.test([...part][0] ?? ""))
  const letters = [parts[0], parts.length > 1 ? parts[parts.length - 1] : undefined]
  return letters
    .map((part) => (part ? ([...part][0] ?? "") : ""))
    .join("")
    .toUpperCase()
}

/** "anonymous_id:4f" -> what that device is: "Chrome 148 · Linux", else its kind. */
export function deviceLabel(id: string, devices: Profile["devices"]): string {
  const found = devices.find((one) => one.id === id)
  const told = found ? [found.app || found.agent, found.os].filter(Boolean).join(" · ") : ""
  if (told) return told
  const { kind, value } = split(id)
  return kind ? `${kindLabel(kind)} ${cut(value, 12)}` : cut(id, 20)
}

/** "kind:value" in two; values may hold colons. */
export function split(id: string): Identifier {
  const at = id.indexOf(":")
  return at < 0 ? { kind: "", value: id } : { kind: id.slice(0, at), value: id.slice(at + 1) }
}

/** A trait or property as one line of text. */
export function plain(value: unknown): string {
  if (typeof value === "string") return value
  if (value === null || value === undefined) return "–"
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** An amount with its currency when that is known and real. */
export function amount(value: number, currency: string): string {
  const digits = Number.isInteger(value) ? 0 : 2
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  try {
    if (/^[A-Z]{3}$/.test(currency))
      return new Intl.NumberFormat("en", { ...how, style: "currency", currency }).format(value)
  } catch {
    // no currency the browser knows: the number alone
  }
  return new Intl.NumberFormat("en", how).format(value)
}

export { cut }
