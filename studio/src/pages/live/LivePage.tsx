/** What customers do, at the moment the hub hears it. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Pause, Play, X } from "lucide-react"
import { useEffect, useMemo, useRef, useState } from "react"
import type { Line } from "@/api/live"
import { sample } from "@/api/sample"
import { useKeys } from "@/app/keyboard"
import { useWords } from "@/app/search"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelIcon, channel } from "@/parts/channel"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Empty } from "@/parts/States"
import { ago, count, duration, plural, short } from "@/text/format"
import { filled } from "@/text/t"
import css from "./live.module.css"
import { type Filter, type Live, SECONDS } from "./model"
import { pretty, Rate } from "./Rate"
import { Stream } from "./Stream"
import { text } from "./text"
import { useLive } from "./useLive"

const NEWS_MS = 5_000

export function Page() {
  const [words, change] = useWords()
  const paused = words.paused === "1"
  const filter = useFilter(words.channel ?? "", words.q ?? "")
  const [pointed, setPointed] = useState(false)
  const { live, line, now } = useLive(filter, paused || pointed)
  const setPaused = (on: boolean) => change({ paused: on ? "1" : undefined }, { replace: true })
  useKeys((event, at) => {
    if (event.key !== " " || at?.closest("button, a")) return // those take a space themselves
    event.preventDefault()
    setPaused(!paused)
  })

  const narrowed = filter.channels.size > 0 || filter.text !== ""
  return (
    <PageFrame
      title={text.title}
      controls={
        <>
          <LineState line={line} paused={paused} lastAt={live.lastAt} now={now} />
          <SampledNote live={live} now={now} />
        </>
      }
      actions={
        <Button onClick={() => setPaused(!paused)} aria-pressed={paused} aria-keyshortcuts="Space">
          {paused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
          {paused ? text.resume : text.pause}
        </Button>
      }
    >
      <div className={css.page}>
        <Figures live={live} now={now} />
        <Filters
          live={live}
          now={now}
          filter={filter}
          onChannels={(ids) => change({ channel: ids.join(",") || undefined })}
          onText={(typed) => change({ q: typed || undefined }, { replace: true })}
          onClear={() => change({ channel: undefined, q: undefined })}
        />
        <section
          className={css.list}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={text.log}
          onMouseEnter={() => setPointed(true)}
          onMouseLeave={(event) => setPointed(event.currentTarget.scrollTop > 4)}
          onFocus={(event) => event.target !== event.currentTarget && setPointed(true)}
          onBlur={(event) => setPointed(event.currentTarget.scrollTop > 4)}
          onScroll={(event) =>
            setPointed(event.currentTarget.scrollTop > 4 || event.currentTarget.matches(":hover"))
          }
        >
          {(paused || pointed) && live.waiting > 0 && (
            <div className={css.waiting}>
              <button
                type="button"
                onClick={(event) => {
                  event.currentTarget.closest("section")?.scrollTo({ top: 0 })
                  if (paused) setPaused(false)
                  setPointed(false)
                }}
              >
                {filled(text.waiting, { count: count(live.waiting) })}
              </button>
            </div>
          )}
          {live.rows.length ? (
            <Stream rows={live.rows} still={paused || pointed} />
          ) : (
            <Nothing narrowed={narrowed} line={line} />
          )}
        </section>
        <News live={live} still={paused || pointed} />
      </div>
    </PageFrame>
  )
}

function useFilter(channels: string, typed: string): Filter {
  return useMemo(
    () => ({ channels: new Set(channels.split(",").filter(Boolean)), text: typed }),
    [channels, typed],
  )
}

function LineState({
  line,
  paused,
  lastAt,
  now,
}: {
  line: Line
  paused: boolean
  lastAt: number
  now: number
}) {
  const lost = lastAt ? filled(text.lost, { ago: ago(lastAt, now) }) : text.lostNever
  const said =
    line === "connecting" ? text.connecting : line === "lost" ? lost : paused ? text.paused : text.live
  return (
    <span className={css.line} data-line={paused && line === "open" ? "paused" : line} role="status">
      <i aria-hidden="true" />
      {said}
    </span>
  )
}

function SampledNote({ live, now }: { live: Live; now: number }) {
  const sampled = live.sampled(now)
  return (
    sampled && (
      <span className={css.sampled}>
        {filled(text.sampled, { drawn: sampled.drawn, of: count(sampled.of) })}
      </span>
    )
  )
}

function Figures({ live, now }: { live: Live; now: number }) {
  const second = Math.floor(now / 1_000)
  const told = useMemo(() => {
    const channels = live.channels(second * 1_000)
    return { bars: live.rate(second * 1_000), channels, rate: live.perSecond(second * 1_000) }
  }, [live, second])
  const total = told.channels.reduce((sum, [, one]) => sum + one, 0)
  const order = useMemo(() => told.channels.map(([id]) => id), [told])
  const known = Math.max(1, Math.min(SECONDS, second - live.since / 1_000))
  return (
    <div className={css.figures}>
      <p>
        <strong className="num">{pretty(told.rate)}</strong> {text.perSecond}
        <small>
          {filled(text.inTime, {
            count: count(total),
            time: duration(known >= 295 ? 300 : Math.round(known)),
          })}
        </small>
      </p>
      <Rate bars={told.bars} order={order} now={told.rate} unknown={known >= 295 ? 0 : 1 - known / SECONDS} />
    </div>
  )
}

function Filters(props: {
  live: Live
  now: number
  filter: Filter
  onChannels: (ids: string[]) => void
  onText: (typed: string) => void
  onClear: () => void
}) {
  const { live, now, filter } = props
  const counts = live.channels(now)
  const ids = useStableOrder([...counts.map(([id]) => id), ...filter.channels])
  const told = new Map(counts)
  const toggle = (id: string) => {
    const next = new Set(filter.channels)
    if (!next.delete(id)) next.add(id)
    props.onChannels([...next])
  }
  return (
    <div className={css.filters}>
      <fieldset aria-label={text.channels}>
        {ids.map((id) => (
          <button
            key={id}
            type="button"
            className={css.chip}
            aria-pressed={filter.channels.has(id)}
            onClick={() => toggle(id)}
          >
            <ChannelIcon id={id} size={14} />
            {channel(id).label}
            <span className="num">{short(told.get(id) ?? 0)}</span>
          </button>
        ))}
      </fieldset>
      <input
        className={parts.input}
        type="search"
        value={filter.text}
        onChange={(event) => props.onText(event.target.value)}
        placeholder={text.find}
        aria-label={text.findLabel}
      />
      {(filter.channels.size > 0 || filter.text) && (
        <Button small look="quiet" onClick={props.onClear}>
          <X size={13} aria-hidden="true" />
          {text.clear}
        </Button>
      )}
    </div>
  )
}

/** Chips stay where they are: new ones are added at the end. */
function useStableOrder(ids: readonly string[]): string[] {
  const order = useRef<string[]>([])
  const there = new Set(order.current)
  const added = ids.filter((id) => !there.has(id) && there.add(id))
  if (added.length) order.current = [...order.current, ...added].slice(0, 60)
  return order.current
}

function Nothing({ narrowed, line }: { narrowed: boolean; line: Line }) {
  const hub = useQuery(sample)
  if (line === "connecting" || hub.isPending) return null
  if (narrowed) return <Empty title={text.noneTitle}>{text.none}</Empty>
  if (hub.data?.state === "loading") return <Empty title={text.fillingTitle}>{text.filling}</Empty>
  if (!hub.data?.empty) return <Empty title={text.quietTitle}>{text.quiet}</Empty>
  return (
    <Empty
      title={text.nothingTitle}
      actions={
        <Link to="/start" className={buttonClass({ look: "primary" })}>
          {text.start}
        </Link>
      }
    >
      {text.nothing}
    </Empty>
  )
}

/** For those who hear the page: at most one sentence in five seconds. */
function News({ live, still }: { live: Live; still: boolean }) {
  const [said, setSaid] = useState("")
  useEffect(() => {
    if (still) return
    let before = live.heard
    const timer = setInterval(() => {
      const came = live.heard - before
      before = live.heard
      const most = live.channels(Date.now())[0]
      if (came && most)
        setSaid(filled(text.news, { count: plural(came, "event"), channel: channel(most[0]).label }))
    }, NEWS_MS)
    return () => clearInterval(timer)
  }, [live, still])
  return (
    <p className="sr-only" aria-live="polite">
      {said}
    </p>
  )
}
