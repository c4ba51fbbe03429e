/** A channel's name -> its color, icon and label. Seven families have their own; others share them with a ring. */
import {
  Globe,
  type LucideIcon,
  Mail,
  Megaphone,
  MessageSquare,
  Phone,
  Radio,
  Smartphone,
  Store,
  Ticket,
} from "lucide-react"

export type Family = "social" | "web" | "app" | "message" | "chat" | "call" | "store"

const FAMILIES: [Family, RegExp][] = [
  ["app", /\bapp|mobile|ios|android/],
  ["chat", /chat|bot|messenger|whatsapp/],
  ["call", /call|phone|voice|ivr/],
  ["store", /store|shop|pos\b|branch|retail/],
  ["message", /mail|sms|push|message|letter|post/],
  ["social", /social|\bads?\b|advert|search|campaign|affiliate/],
  ["web", /web|site|browser|online|portal/],
]
const ICONS: Record<Family, LucideIcon> = {
  social: Megaphone,
  web: Globe,
  app: Smartphone,
  message: Mail,
  chat: MessageSquare,
  call: Phone,
  store: Store,
}
const OTHERS: Family[] = ["social", "message", "chat", "store", "app", "call", "web"]

export interface Channel {
  id: string
  label: string
  family: Family
  /** Not one of the seven: drawn with a ring, since its color is shared. */
  shared: boolean
  color: string
  on: string
  Icon: LucideIcon
}

const known = new Map<string, Channel>()

/** How a channel is drawn. The same name always gives the same. */
export function channel(id: string): Channel {
  let found = known.get(id)
  if (!found) {
    const name = id.toLowerCase().replace(/[_-]+/g, " ")
    const own = FAMILIES.find(([, words]) => words.test(name))?.[0]
    const family = own ?? OTHERS[hash(id) % OTHERS.length] ?? "web"
    found = {
      id,
      label: label(id),
      family,
      shared: !own,
      color: `var(--channel-${family})`,
      on: `var(--on-${family})`,
      Icon: own ? ICONS[own] : /coupon|ticket/.test(name) ? Ticket : Radio,
    }
    known.set(id, found)
  }
  return found
}

function label(id: string): string {
  if (!id) return "No channel"
  const plain = id.replace(/[_-]+/g, " ")
  if (/^(sms|pos|ivr|rcs)$/i.test(plain)) return plain.toUpperCase()
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** A touchpoint without its channel in front: "web: Plan page" -> "Plan page". */
export function touchpointLabel(id: string): string {
  const [head, ...rest] = id.split(": ")
  const told = rest.join(": ")
  return told && head && head.length < 20 ? told : id
}

function hash(text: string): number {
  let value = 7
  for (const letter of text) value = (value * 31 + (letter.codePointAt(0) ?? 0)) >>> 0
  return value
}

/** A small square in the channel's color, decoration only. */
export function ChannelDot({ id, size = 10 }: { id: string; size?: number }) {
  const told = channel(id)
  return (
    <i
      aria-hidden="true"
      style={{
        display: "inline-block",
        flex: "none",
        width: size,
        height: size,
        borderRadius: 3,
        background: told.color,
        boxShadow: told.shared ? `inset 0 0 0 2px var(--surface), 0 0 0 1px ${told.color}` : undefined,
      }}
    />
  )
}

/** The channel's icon in its color. */
export function ChannelIcon({ id, size = 16 }: { id: string; size?: number }) {
  const { Icon, color } = channel(id)
  return <Icon size={size} strokeWidth={1.9} style={{ color, flex: "none" }} aria-hidden="true" />
}
