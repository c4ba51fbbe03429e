/** The identities of a customer as a small picture: a circle a kind, solid where it is sure. Opens the whole of it. */
import { Link2, UserRound } from "lucide-react"
import { plural } from "@/text/format"
import css from "./Glance.module.css"
import { text } from "./text"
import { isDevice, kindIcon, kindLabel, type Profile } from "./who"

const WIDE = 256
const HIGH = 216
const MOST = 7

export function Around({ one, onOpen }: { one: Profile; onOpen: () => void }) {
  const kinds = Object.entries(one.keys).sort((a, b) => Number(isDevice(a[0])) - Number(isDevice(b[0])))
  const shown = kinds.length > MOST ? kinds.slice(0, MOST - 1) : kinds
  const rest = kinds.length - shown.length
  const nodes = [
    ...shown.map(([kind, values]) => ({
      key: kind,
      label: values.length > 1 ? `${kindLabel(kind)} ×${values.length}` : kindLabel(kind),
      Icon: kindIcon(kind),
      weak: isDevice(kind) && one.keys.user_id === undefined,
    })),
    ...(rest ? [{ key: "rest", label: `${rest} more`, Icon: Link2, weak: true }] : []),
  ]
  const step = (2 * Math.PI) / nodes.length
  const start = -Math.PI / 2 - (nodes.length % 2 ? 0 : step / 2)
  return (
    <button type="button" className={css.around} onClick={onOpen}>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} width={WIDE} height={HIGH} aria-hidden="true">
        {nodes.map(({ key, label, Icon, weak }, place) => {
          const x = WIDE / 2 + Math.cos(start + place * step) * 92
          const y = HIGH / 2 - 6 + Math.sin(start + place * step) * 74
          return (
            <g key={key}>
              <line
                className={css.tie}
                x1={WIDE / 2}
                y1={HIGH / 2 - 6}
                x2={x}
                y2={y}
                data-weak={weak || undefined}
              />
              <circle className={css.node} cx={x} cy={y} r={16} data-weak={weak || undefined} />
              <Icon x={x - 8} y={y - 8} size={16} strokeWidth={1.8} />
              <text x={x} y={y + 29}>
                {label.length > 16 ? `${label.slice(0, 15)}…` : label}
              </text>
            </g>
          )
        })}
        <circle cx={WIDE / 2} cy={HIGH / 2 - 6} r={20} className={css.self} />
        <UserRound x={WIDE / 2 - 10} y={HIGH / 2 - 16} size={20} strokeWidth={1.9} className={css.selfIcon} />
      </svg>
      <span>
        {plural(one.identifiers.length, text.identifiers)} · {text.identitiesOpen}
      </span>
    </button>
  )
}
