/** The last journeys of a customer as one curve over the channels, and what they said they felt below it. */
import { useQuery } from "@tanstack/react-query"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import { useWords } from "@/app/search"
import { ChannelIcon, channel, touchpointLabel } from "@/parts/channel"
import { Dialog } from "@/parts/Dialog"
import { Segmented } from "@/parts/Segmented"
import { Failed, Loading } from "@/parts/States"
import { ago, count, date, exact, plural, signed } from "@/text/format"
import { filled } from "@/text/t"
import { type Happening, lately } from "./asked"
import { EventDetail } from "./EventDetail"
import { type Dot, type Ribbon as Drawn, isStep, ribbon } from "./layRibbon"
import css from "./Ribbon.module.css"
import { text } from "./text"

/** As wide as the name of a day is: the last one ends where the picture does. */
const DAY_WIDE = 40
const DAY = 86_400_000
/** Fewer touchpoints than this make no journey to look at: the default takes the next longer time. */
const ENOUGH = 10
const SPANS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "all", label: "All" },
] as const

export function Ribbon({ id, events }: { id: string; events: number }) {
  const [words, change] = useWords()
  const asked = useQuery(lately(id))
  const [opened, setOpened] = useState<Happening | null>(null)
  const steps = useMemo(() => (asked.data?.data ?? []).filter(isStep), [asked.data])
  if (asked.isPending) return <Loading lines={5} />
  if (asked.error) return <Failed error={asked.error} retry={() => void asked.refetch()} />
  const within = (days: string) =>
    days === "all"
      ? steps
      : steps.filter((one) => Date.parse(one.occurred) >= Date.now() - Number(days) * DAY)
  const enough = SPANS.find(({ value }) => within(value).length >= ENOUGH)?.value ?? "all"
  const span = SPANS.find(({ value }) => value === words.span)?.value ?? enough
  const shown = within(span)
  const partly = asked.data.next_cursor !== null && shown.length === steps.length
  return (
    <section aria-labelledby="ribbon" className={css.ribbon}>
      <header>
        <h2 id="ribbon">{text.ribbon}</h2>
        <Segmented
          label="How much of it"
          value={span}
          choices={SPANS}
          onChange={(value) => change({ span: value })}
        />
      </header>
      <p className={css.caption}>
        {caption(shown)}
        {partly && ` · ${filled(text.newest, { n: count(asked.data.data.length), all: count(events) })}`}
      </p>
      {shown.length > 0 && <Picture key={`${id} ${span}`} steps={shown} onOpen={setOpened} />}
      <Dialog
        open={opened !== null}
        onClose={() => setOpened(null)}
        title={opened ? touchpointLabel(opened.touchpoint) : ""}
      >
        {opened && <EventDetail event={opened} />}
      </Dialog>
    </section>
  )
}

/** One sentence that says what the picture shows. */
function caption(steps: readonly Happening[]): string {
  if (!steps.length) return text.ribbonEmpty
  const channels = new Map<string, number>()
  for (const one of steps) channels.set(one.channel, (channels.get(one.channel) ?? 0) + 1)
  const [most] = [...channels].sort((a, b) => b[1] - a[1])
  const told = `${plural(steps.length, "touchpoint")} on ${plural(channels.size, "channel")}`
  const mostly =
    channels.size > 1 && most ? `, most of them ${channel(most[0]).label} (${count(most[1])})` : ""
  const answer = steps.find((one) => one.emotion !== null)
  const felt = answer
    ? `; last told emotion ${signed(answer.emotion ?? 0)} at ${touchpointLabel(answer.touchpoint)}, ${ago(answer.occurred)}`
    : ""
  return `${told}${mostly}${felt}.`
}

function Picture({ steps, onOpen }: { steps: readonly Happening[]; onOpen: (event: Happening) => void }) {
  const frame = useRef<HTMLDivElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [at, setAt] = useState<string | null>(null)
  useEffect(() => {
    const seen = scroller.current
    if (!seen) return
    const observer = new ResizeObserver(() => setWidth(seen.clientWidth))
    observer.observe(seen)
    return () => observer.disconnect()
  }, [])
  const byId = useMemo(() => new Map(steps.map((one) => [one.id, one])), [steps])
  const drawn = useMemo(
    () =>
      ribbon(
        steps.map((one) => ({
          id: one.id,
          at: Date.parse(one.occurred),
          channel: one.channel,
          emotion: one.emotion,
        })),
        width || 600,
      ),
    [steps, width],
  )
  // the newest is what people look for first
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollLeft = drawn.width
  }, [drawn])
  const pointed = drawn.dots.find((dot) => dot.id === at)
  return (
    <div className={css.frame} ref={frame}>
      <ul className={css.channels} style={{ height: drawn.height }}>
        {drawn.rows.map((row) => (
          <li key={row.channel} style={{ top: row.y - 10 }} title={channel(row.channel).label}>
            <ChannelIcon id={row.channel} size={15} />
            <span>{channel(row.channel).label}</span>
          </li>
        ))}
        {drawn.answers.length > 0 && (
          <li style={{ top: drawn.zero - 10 }} className="quiet">
            <span>Emotion</span>
          </li>
        )}
      </ul>
      <div className={css.scroller} ref={scroller}>
        <Curve drawn={drawn} byId={byId} onPoint={setAt} onOpen={onOpen} />
        {pointed && <Told dot={pointed} event={byId.get(pointed.id)} wide={drawn.width} />}
      </div>
    </div>
  )
}

function Curve(props: {
  drawn: Drawn
  byId: ReadonlyMap<string, Happening>
  onPoint: (id: string | null) => void
  onOpen: (event: Happening) => void
}) {
  const { drawn, byId } = props
  const [active, setActive] = useState(drawn.dots.length - 1)
  const refs = useRef<(SVGGElement | null)[]>([])
  const pressed = (event: React.KeyboardEvent, place: number) => {
    const last = drawn.dots.length - 1
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: last }[event.key]
    const happened = byId.get(drawn.dots[place]?.id ?? "")
    if (to !== undefined) {
      event.preventDefault()
      const next = Math.min(last, Math.max(0, to))
      setActive(next)
      refs.current[next]?.focus()
    } else if ((event.key === "Enter" || event.key === " ") && happened) {
      event.preventDefault()
      props.onOpen(happened)
    } else if (event.key === "Escape") props.onPoint(null)
  }
  const bottom = drawn.height - 6
  return (
    <svg
      width={drawn.width}
      height={drawn.height}
      role="group"
      aria-label={`${text.ribbon}. ${text.ribbonHint}`}
    >
      {drawn.rows.map((row) => (
        <line key={row.channel} x1={0} x2={drawn.width} y1={row.y} y2={row.y} className={css.line} />
      ))}
      {drawn.days.map((day) => (
        <text key={day.at} x={Math.min(day.x, drawn.width - DAY_WIDE)} y={bottom} className={css.day}>
          {date(day.at).replace(/ \d{4}$/, "")}
        </text>
      ))}
      {drawn.answers.length > 0 && <Emotion drawn={drawn} />}
      <path d={drawn.path} className={css.curve} />
      {drawn.dots.map((dot, place) => {
        const event = byId.get(dot.id)
        const felt = dot.emotion === null ? "" : `, emotion ${signed(dot.emotion)}`
        return (
          <g
            key={dot.id}
            ref={(node) => {
              refs.current[place] = node
            }}
            role="button"
            tabIndex={place === Math.min(active, drawn.dots.length - 1) ? 0 : -1}
            aria-label={`${touchpointLabel(event?.touchpoint ?? "")}, ${channel(dot.channel).label}, ${exact(dot.at)}${felt}`}
            className={css.dot}
            data-felt={felt && dot.emotion ? (dot.emotion < 0 ? "worse" : "better") : undefined}
            style={{ "--color": channel(dot.channel).color } as React.CSSProperties}
            onPointerEnter={() => props.onPoint(dot.id)}
            onPointerLeave={() => props.onPoint(null)}
            onFocus={() => {
              setActive(place)
              props.onPoint(dot.id)
            }}
            onBlur={() => props.onPoint(null)}
            onKeyDown={(pressing) => pressed(pressing, place)}
            onClick={() => event && props.onOpen(event)}
          >
            <rect x={dot.x - 7} y={dot.y - 14} width={14} height={28} className={css.hit} />
            <circle cx={dot.x} cy={dot.y} r={5.5} />
          </g>
        )
      })}
    </svg>
  )
}

/** How it felt: a line through the answers, the worst and the best with their number. */
function Emotion({ drawn }: { drawn: Drawn }) {
  const felt = [...drawn.answers].sort((a, b) => (a.emotion ?? 0) - (b.emotion ?? 0))
  const [worst, best] = [felt[0], felt[felt.length - 1]]
  const marked = [best?.emotion === worst?.emotion ? undefined : worst, best].filter(
    (dot): dot is Dot => dot !== undefined,
  )
  return (
    <g>
      <line x1={0} x2={drawn.width} y1={drawn.zero} y2={drawn.zero} className={css.zero} />
      <path d={drawn.emotion} className={css.felt} />
      {drawn.answers.map((dot) => (
        <circle
          key={dot.id}
          cx={dot.x}
          cy={dot.y}
          r={3}
          className={css.answer}
          data-felt={tone(dot.emotion)}
        />
      ))}
      {marked.map((dot) => (
        <text
          key={dot.id}
          x={dot.x}
          y={dot.y + ((dot.emotion ?? 0) < 0 ? 15 : -7)}
          className={css.number}
          data-felt={tone(dot.emotion)}
        >
          {signed(dot.emotion ?? 0)}
        </text>
      ))}
    </g>
  )
}

function tone(emotion: number | null): string | undefined {
  return emotion ? (emotion < 0 ? "worse" : "better") : undefined
}

function Told({ dot, event, wide }: { dot: Dot; event: Happening | undefined; wide: number }) {
  if (!event) return null
  const left = Math.min(Math.max(dot.x, 116), wide - 116)
  return (
    <div className={css.told} style={{ left, top: dot.y + 14 }} aria-hidden="true">
      <strong>{touchpointLabel(event.touchpoint)}</strong>
      <span>
        {channel(event.channel).label} · {exact(event.occurred)}
      </span>
      {event.emotion !== null && <span>emotion {signed(event.emotion)}</span>}
    </div>
  )
}
