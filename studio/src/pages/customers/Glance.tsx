/** Who this is in one glance: figures, interests, segments, identities, consent, money, devices, traits. */
import { Check, Minus, X } from "lucide-react"
import { useState } from "react"
import { channel } from "@/parts/channel"
import { Long } from "@/parts/Long"
import { Moment } from "@/parts/Moment"
import parts from "@/parts/parts.module.css"
import { ago, count, date, exact, signed } from "@/text/format"
import { filled } from "@/text/t"
import { Around } from "./Around"
import { Avatar } from "./Avatar"
import type { Happening } from "./asked"
import css from "./Glance.module.css"
import { ordered } from "./layRibbon"
import { AllOf, Section } from "./Section"
import { useSegmentNames } from "./segments"
import { Traits } from "./Traits"
import { text } from "./text"
import { amount, best, called, cut, deviceLabel, kindLabel, named, type Profile, words } from "./who"

export function Glance(props: {
  one: Profile
  /** The newest events, null until they are known. */
  lately: readonly Happening[] | null
  onIdentity: () => void
}) {
  const { one } = props
  const known = best(one.identifiers)
  const name = called(one)
  return (
    <div className={css.glance}>
      <div className={css.head}>
        <Avatar name={named(one.traits)} large />
        <div>
          <div className={css.name}>
            <Long text={name} />
          </div>
          <p className={css.sub} title={known ? `${known.kind}:${known.value}` : undefined} dir="auto">
            {known && known.value !== name ? known.value : known ? kindLabel(known.kind) : one.id}
          </p>
        </div>
      </div>
      <Figures one={one} lately={props.lately} />
      <Interests interests={one.interests} />
      <Segments segments={one.segments} />
      <Section title={text.identities}>
        <Around one={one} onOpen={props.onIdentity} />
      </Section>
      <Consent one={one} />
      <Money money={one.money} lately={props.lately} />
      <Devices one={one} />
      <Traits traits={one.traits} past={one.traits_past} />
    </div>
  )
}

function Figures({ one, lately }: { one: Profile; lately: readonly Happening[] | null }) {
  const felt = lately?.find((event) => event.emotion !== null)
  const channels = ordered(Object.keys(one.channels).filter(Boolean))
  const emotion = felt?.emotion ?? null
  return (
    <dl className={css.figures}>
      <Figure
        name={emotion === null ? text.noEmotion : text.emotion}
        value={emotion === null ? "–" : signed(emotion)}
        tone={emotion ? (emotion < 0 ? "worse" : "better") : undefined}
        title={felt ? `${felt.touchpoint}, ${exact(felt.occurred)}` : undefined}
      />
      <Figure
        name={worded(channels.length, text.channel, text.channels)}
        value={count(channels.length)}
        title={channels.map((id) => channel(id).label).join(", ")}
      />
      <Figure name={worded(one.visits, text.visit, text.visits)} value={count(one.visits)} />
      <Figure name={worded(one.events, text.event, text.events)} value={count(one.events)} />
    </dl>
  )
}

const worded = (value: number, one: string, many: string): string => (value === 1 ? one : many)

function Figure(props: { name: string; value: string; tone?: string; title?: string }) {
  return (
    <div title={props.title}>
      <dt>{props.name}</dt>
      <dd className="num" data-tone={props.tone}>
        {props.value}
      </dd>
    </div>
  )
}

const SHOWN = 6

function Interests({ interests }: { interests: Record<string, number> }) {
  const [all, setAll] = useState(false)
  const sorted = Object.entries(interests).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  if (!sorted.length) return null
  const top = sorted[0]?.[1] || 1
  return (
    <Section title={text.interests}>
      <ul className={css.bars}>
        {sorted.slice(0, all ? undefined : SHOWN).map(([topic, weight]) => (
          <li key={topic} title={`${topic}: ${weight}`}>
            <span dir="auto">{words(topic.replaceAll("/", " › "))}</span>
            <span className="num quiet">{weight < 0.95 ? weight.toFixed(1) : count(weight)}</span>
            <i style={{ width: `${Math.max(2, (weight / top) * 100)}%` }} />
          </li>
        ))}
      </ul>
      <AllOf shown={all} total={sorted.length} most={SHOWN} onChange={setAll} />
    </Section>
  )
}

function Segments({ segments }: { segments: Record<string, string> }) {
  const names = useSegmentNames()
  const ids = Object.keys(segments)
  return (
    <Section title={text.segments}>
      {ids.length === 0 && <p className="quiet">{text.noSegments}</p>}
      <ul className={css.pills}>
        {ids.map((id) => (
          <li key={id} className={parts.pill} title={`since ${exact(segments[id] ?? "")}`} dir="auto">
            {names.get(id) ?? words(id)}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Consent({ one }: { one: Profile }) {
  const purposes = Object.entries(one.consent).sort()
  return (
    <Section title={text.consent}>
      {purposes.length === 0 && <p className="quiet">{text.noConsent}</p>}
      <ul className={css.consent}>
        {purposes.map(([purpose, yes]) => {
          const said = one.consent_said[purpose]
          const place = said && said.place !== "*" && said.place ? deviceLabel(said.place, one.devices) : ""
          return (
            <li key={purpose}>
              <span dir="auto">{purpose === "*" ? "Everything" : words(purpose)}</span>
              <b data-yes={yes}>
                {yes ? <Check size={13} aria-hidden="true" /> : <X size={13} aria-hidden="true" />}
                {yes ? "Yes" : "No"}
              </b>
              {said && (
                <small title={`${exact(said.at)}${said.place ? `, ${said.place}` : ""}`} dir="auto">
                  {ago(said.at)}
                  {place && ` · ${place}`}
                </small>
              )}
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

/** Money by the events that told it. The currency is written when all newest events agree on one. */
function Money({ money, lately }: { money: Record<string, number>; lately: readonly Happening[] | null }) {
  const sums = Object.entries(money).sort((a, b) => b[1] - a[1])
  if (!sums.length) return null
  const told = new Set(
    (lately ?? []).map((event) => event.properties.currency).filter((one) => one !== undefined),
  )
  const [currency] = told.size === 1 ? [...told] : [""]
  return (
    <Section title={text.money} about={text.moneyAbout}>
      <ul className={css.rows}>
        {sums.map(([event, sum]) => (
          <li key={event}>
            <span dir="auto">{event || <Minus size={12} aria-label="an event without a name" />}</span>
            <b className="num">{amount(sum, typeof currency === "string" ? currency : "")}</b>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Devices({ one }: { one: Profile }) {
  const [all, setAll] = useState(false)
  if (!one.devices.length) return null
  return (
    <Section title={text.devices}>
      <ul className={css.devices}>
        {one.devices.slice(0, all ? undefined : SHOWN).map((device) => (
          <li key={device.id} title={device.id}>
            <span dir="auto">{deviceLabel(device.id, one.devices)}</span>
            <small>
              {device.locale && <span dir="auto">{cut(device.locale, 20)} · </span>}
              seen <Moment at={device.last} />
            </small>
          </li>
        ))}
      </ul>
      <AllOf shown={all} total={one.devices.length} most={SHOWN} onChange={setAll} />
    </Section>
  )
}

/** "Since 24 Sep 2026". */
export function since(one: Profile): string {
  return one.first_seen ? filled(text.since, { date: date(one.first_seen) }) : ""
}
