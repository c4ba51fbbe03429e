/** Where the studio leads: every page with its name and sign, in the groups of the sidebar. */
import {
  Activity,
  CirclePercent,
  Filter,
  Gauge,
  Inbox,
  KeyRound,
  type LucideIcon,
  Map as MapIcon,
  Plug,
  Radio,
  Repeat,
  Rocket,
  Scale,
  ShieldCheck,
  Tag,
  Unplug,
  Users,
  Waypoints,
} from "lucide-react"
import type { Text } from "@/text/en"

export interface Place {
  to: string
  text: Text
  Icon: LucideIcon
}

export interface Group {
  text: Text
  places: readonly Place[]
}

export const GROUPS: readonly Group[] = [
  {
    text: "nav.listen",
    places: [
      { to: "/live", text: "nav.live", Icon: Radio },
      { to: "/touchpoints", text: "nav.touchpoints", Icon: Tag },
    ],
  },
  {
    text: "nav.understand",
    places: [
      { to: "/map", text: "nav.map", Icon: MapIcon },
      { to: "/paths", text: "nav.paths", Icon: Waypoints },
      { to: "/funnels", text: "nav.funnels", Icon: Filter },
      { to: "/gaps", text: "nav.gaps", Icon: Unplug },
      { to: "/retention", text: "nav.retention", Icon: Repeat },
      { to: "/attribution", text: "nav.attribution", Icon: Scale },
      { to: "/dashboard", text: "nav.dashboard", Icon: Gauge },
      { to: "/segments", text: "nav.segments", Icon: CirclePercent },
      { to: "/customers", text: "nav.customers", Icon: Users },
    ],
  },
  {
    text: "nav.admin",
    places: [
      { to: "/admin/sources", text: "nav.sources", Icon: Plug },
      { to: "/admin/keys", text: "nav.keys", Icon: KeyRound },
      { to: "/admin/dead-letter", text: "nav.deadLetter", Icon: Inbox },
      { to: "/admin/privacy", text: "nav.privacy", Icon: ShieldCheck },
      { to: "/admin/jobs", text: "nav.jobs", Icon: Activity },
    ],
  },
]

export const START: Place = { to: "/start", text: "nav.start", Icon: Rocket }

/** Whether a page, or one below it, is the one at an address. */
export const isAt = ({ to }: Place, path: string): boolean => path === to || path.startsWith(`${to}/`)
