/** Everything a customer did, newest first: filtered, endless, and every event open to its bytes. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { ChevronRight } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import { ChannelIcon, channel, touchpointLabel } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Failed, Loading } from "@/parts/States"
import { ago, count, exact, signed } from "@/text/format"
import { filled } from "@/text/t"
import { type Filters, type Happening, timeline } from "./asked"
import { EventDetail } from "./EventDetail"
import { days, period, said } from "./moments"
import css from "./Timeline.module.css"
import { text } from "./text"
import type { Profile } from "./who"

const TYPES = ["track", "page", "screen", "identify", "group", "alias"]
const LAST = ["1", "7", "30", "90"]

export function Timeline({ one }: { one: Profile }) {
  const [words, change] = useWords()
  const filters: Filters = {
    channel: words.channel ?? "",
    touchpoint: words.touchpoint ?? "",
    type: words.type ?? "",
    ...period(words.time ?? "", words.from ?? "", words.to ?? ""),
  }
  const asked = useInfiniteQuery(timeline(one.id, filters))
  const rows = asked.data?.pages.flatMap((page) => page.data) ?? []
  const narrowed = Object.values(filters).some(Boolean)
  return (
    <section aria-labelledby="timeline" className={css.timeline}>
      <header>
        <h2 id="timeline">{text.timeline}</h2>
        <Narrow one={one} />
        {narrowed && (
          <Button
            small
            look="quiet"
            onClick={() =>
              change({
                channel: undefined,
                touchpoint: undefined,
                type: undefined,
                time: undefined,
                from: undefined,
                to: undefined,
              })
            }
          >
            {text.clear}
          </Button>
        )}
      </header>
      {asked.isPending ? (
        <Loading lines={8} />
      ) : asked.error && !asked.data ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : rows.length === 0 ? (
        <p className={css.nothing}>{text.nothingHere}</p>
      ) : (
        <div className={asked.isPlaceholderData ? parts.dimmed : undefined}>
          {days(rows).map(({ day, at, events }) => (
            <section key={day} aria-label={said(at)}>
              <h3 className={css.day}>{said(at)}</h3>
              <ul>
                {events.map((event) => (
                  <Row key={event.id} event={event} />
                ))}
              </ul>
            </section>
          ))}
          <Older
            more={asked.hasNextPage}
            busy={asked.isFetchingNextPage}
            onMore={() => void asked.fetchNextPage()}
          />
        </div>
      )}
    </section>
  )
}

/** Goes on by itself when the end comes into sight; the button is for keyboards, and for when that fails. */
function Older({ more, busy, onMore }: { more: boolean; busy: boolean; onMore: () => void }) {
  const end = useRef<HTMLDivElement>(null)
  const ask = useRef(onMore)
  ask.current = onMore
  useEffect(() => {
    const seen = end.current
    if (!seen || !more || busy) return
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && ask.current(),
      { rootMargin: "400px" },
    )
    observer.observe(seen)
    return () => observer.disconnect()
  }, [more, busy])
  return (
    <div ref={end} className={css.older}>
      {more ? (
        <Button small onClick={onMore} disabled={busy}>
          {text.older}
        </Button>
      ) : (
        <p className="quiet">{text.end}</p>
      )}
    </div>
  )
}

function Row({ event }: { event: Happening }) {
  const [open, setOpen] = useState(false)
  const name = touchpointLabel(event.touchpoint) || event.name || event.type
  const about = [event.name !== name ? event.name : "", ...highlights(event)].filter(Boolean).join(" · ")
  return (
    <li className={css.item} data-open={open || undefined}>
      <button
        type="button"
        className={css.row}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        onKeyDown={(pressed) => {
          if (pressed.key === "Escape" && open) setOpen(false)
        }}
      >
        <ChannelIcon id={event.channel} size={16} />
        <span className="sr-only">{channel(event.channel).label}: </span>
        <span className={css.name} dir="auto">
          {name}
        </span>
        <span className={css.about} dir="auto">
          {about}
        </span>
        {event.emotion !== null && (
          <span
            className={`num ${css.felt}`}
            data-tone={event.emotion < 0 ? "worse" : event.emotion > 0 ? "better" : ""}
          >
            <span className="sr-only">emotion </span>
            {signed(event.emotion)}
          </span>
        )}
        <time dateTime={event.occurred} title={exact(event.occurred)} className={`num ${css.when}`}>
          {ago(event.occurred)}
        </time>
        <ChevronRight size={14} aria-hidden="true" className={css.turn} />
      </button>
      {open && (
        <div className={css.detail}>
          <EventDetail event={event} />
        </div>
      )}
    </li>
  )
}

const DULL = /^(emotion|currency|url|path|referrer|title|search|hash|keywords|tab_url|initial_referrer)$/
const MOST = 3

/** The first short properties, as people read them: "plan: Unlimited". */
function highlights(event: Happening): string[] {
  return Object.entries(event.properties)
    .filter(([name, told]) => !DULL.test(name) && /^(string|number|boolean)$/.test(typeof told))
    .filter(([, told]) => String(told).length <= 40)
    .slice(0, MOST)
    .map(([name, told]) => `${name.replaceAll("_", " ")} ${told}`)
}

function Narrow({ one }: { one: Profile }) {
  const [words, change] = useWords()
  const time = words.time ?? ""
  const channels = Object.entries(one.channels).sort((a, b) => b[1].events - a[1].events)
  const touchpoints = Object.entries(one.touchpoints).sort((a, b) => b[1].count - a[1].count)
  return (
    <div className={css.filters}>
      <Choice
        name="Channel"
        value={words.channel ?? ""}
        any={text.anyChannel}
        choices={channels.map(([id, told]) => [id, `${channel(id).label} (${count(told.events)})`])}
        onChange={(value) => change({ channel: value || undefined })}
      />
      <Choice
        name="Touchpoint"
        value={words.touchpoint ?? ""}
        any={text.anyTouchpoint}
        choices={touchpoints.map(([id, told]) => [id, `${id} (${count(told.count)})`])}
        onChange={(value) => change({ touchpoint: value || undefined })}
      />
      <Choice
        name="Type"
        value={words.type ?? ""}
        any={text.anyType}
        choices={TYPES.map((type) => [type, type])}
        onChange={(value) => change({ type: value || undefined })}
      />
      <Choice
        name="Period"
        value={words.from || words.to ? "between" : time}
        any={text.anyTime}
        choices={[
          ...LAST.map((n): [string, string] => [n, n === "1" ? "Last day" : filled(text.lastDays, { n })]),
          ["between", text.between],
        ]}
        onChange={(value) => change({ time: value || undefined, from: undefined, to: undefined })}
      />
      {(time === "between" || words.from || words.to) && (
        <>
          <Day
            name={text.from}
            value={words.from ?? ""}
            onChange={(from) => change({ from: from || undefined })}
          />
          <Day name={text.to} value={words.to ?? ""} onChange={(to) => change({ to: to || undefined })} />
        </>
      )}
    </div>
  )
}

function Day(props: { name: string; value: string; onChange: (value: string) => void }) {
  return (
    <input
      type="date"
      className={`${parts.input} ${css.choice}`}
      aria-label={props.name}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    />
  )
}

function Choice(props: {
  name: string
  value: string
  any: string
  choices: [string, string][]
  onChange: (value: string) => void
}) {
  const there = props.choices.some(([value]) => value === props.value)
  return (
    <select
      className={css.choice}
      aria-label={props.name}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      data-set={props.value ? true : undefined}
    >
      <option value="">{props.any}</option>
      {props.value && !there && <option value={props.value}>{props.value}</option>}
      {props.choices.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  )
}
