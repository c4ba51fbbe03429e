/** How to read the map: each sign beside what it means. */
import { CircleHelp } from "lucide-react"
import { Popover } from "radix-ui"
import type { ReactNode } from "react"
import { buttonClass } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { LoopMark } from "./draw/Disc"
import { LESS, MORE, QUIET } from "./draw/ink"
import css from "./MapPage.module.css"
import { type MapText, m } from "./text"

const WEB = "var(--channel-web)"
const ARC = 2 * Math.PI * 14

export function Legend({ changes }: { changes: boolean }) {
  return (
    <Popover.Root>
      <Popover.Trigger className={`${buttonClass({ look: "quiet", small: true })} ${css.legend}`}>
        <CircleHelp size={15} aria-hidden="true" />
        {m("howTo")}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.how}`}
          sideOffset={4}
          collisionPadding={12}
          align="start"
          aria-label={m("howToTitle")}
        >
          <h2>{m("howToTitle")}</h2>
          <dl>
            {(changes ? [...CHANGE_SIGNS, ...SIGNS] : SIGNS).map(([text, sign]) => (
              <Sign key={text} text={text}>
                {sign}
              </Sign>
            ))}
          </dl>
          <p className="quiet">{m("keys")}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Sign({ text, children }: { text: MapText; children: ReactNode }) {
  return (
    <>
      <dt>
        <svg width={52} height={36} viewBox="-26 -18 52 36" aria-hidden="true">
          {children}
        </svg>
      </dt>
      <dd>{m(text)}</dd>
    </>
  )
}

const LINK = "M-24 -12C0 -12 0 9 24 9L24 12C0 12 0 -2 -24 -2Z"

const CHANGE_SIGNS: readonly (readonly [MapText, ReactNode])[] = [
  ["howMore", <path key="more" d={LINK} fill={MORE} fillOpacity={0.82} />],
  ["howLess", <path key="less" d={LINK} fill={LESS} fillOpacity={0.2} stroke={LESS} strokeWidth={1.2} />],
  ["howQuiet", <path key="quiet" d={LINK} fill={QUIET} fillOpacity={0.2} />],
]

const SIGNS: readonly (readonly [MapText, ReactNode])[] = [
  [
    "howGrid",
    <g key="grid" stroke="var(--line-2)" fill="none">
      <path d="M-22 -6H22M-22 6H22M-7 -16V16M7 -16V16" />
      <circle cx={0} cy={0} r={3.5} fill={WEB} stroke="none" />
    </g>,
  ],
  [
    "howDisc",
    <g key="disc" fill={WEB}>
      <circle cx={-15} r={4.5} />
      <circle cx={8} r={14} />
    </g>,
  ],
  [
    "howLeft",
    <g key="left">
      <circle r={10.5} fill={WEB} />
      <circle
        r={14}
        fill="none"
        stroke="var(--ink-2)"
        strokeWidth={2.6}
        strokeDasharray={`${ARC * 0.3} ${ARC}`}
        transform="rotate(-90)"
      />
    </g>,
  ],
  [
    "howAgain",
    <g key="again">
      <circle r={9} cx={2} cy={3} fill={WEB} />
      <LoopMark r={10} color={WEB} weight={0.5} />
    </g>,
  ],
  [
    "howGroup",
    <g key="group" stroke={WEB} fill="none">
      <circle r={10} fill={WEB} />
      <circle r={12.5} cx={3} cy={-2} strokeOpacity={0.6} />
      <circle r={12.5} cx={5.5} cy={-4} strokeOpacity={0.4} />
    </g>,
  ],
  [
    "howLink",
    <g key="link">
      <linearGradient id="how-link" gradientUnits="userSpaceOnUse" x1={-24} y1={0} x2={24} y2={0}>
        <stop offset={0.2} stopColor={WEB} />
        <stop offset={0.8} stopColor="var(--channel-message)" />
      </linearGradient>
      <path d="M-24 -14C0 -14 0 9 24 9L24 11C0 11 0 -4 -24 -4Z" fill="url(#how-link)" fillOpacity={0.75} />
    </g>,
  ],
  [
    "howEmotion",
    <g key="emotion" fill="none">
      <path d="M-24 0H24" stroke="var(--line-2)" strokeDasharray="2 4" />
      <path d="M-22 -2C-14 -14 -8 -12 0 0S14 10 22 6" stroke="var(--ink-2)" strokeWidth={1.6} />
      <circle cx={-12} cy={-10.5} r={3.5} fill="var(--better)" />
      <circle cx={13} cy={8.5} r={3.5} fill="var(--worse)" />
    </g>,
  ],
  [
    "howFoot",
    <rect key="foot" x={-22} y={-3} width={36} height={6} rx={3} fill="var(--ink-2)" opacity={0.7} />,
  ],
]
