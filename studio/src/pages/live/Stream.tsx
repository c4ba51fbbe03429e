/** The rows of the live list, newest on top. */
import { Link } from "@tanstack/react-router"
import { memo, useEffect, useState } from "react"
import type { Gap, LiveItem } from "@/api/live"
import { Button } from "@/parts/Button"
import { ChannelIcon, channel, touchpointLabel } from "@/parts/channel"
import { date, exact } from "@/text/format"
import { filled } from "@/text/t"
import css from "./live.module.css"
import type { Row } from "./model"
import { text } from "./text"

const HEADS = [text.time, text.channel, text.touchpoint, text.event, text.customer, text.source]

/** So many rows are on the page at first, and so many more whenever older ones are asked for. */
export const DRAWN = 100

export const Stream = memo(function Stream({ rows, still }: { rows: readonly Row[]; still: boolean }) {
  const [most, setMost] = useState(DRAWN)
  // older rows stay while the list is held still; when it moves on, it is short again
  useEffect(() => {
    if (!still) setMost(DRAWN)
  }, [still])
  const older = rows.length - most
  return (
    <>
      <Rows rows={older > 0 ? rows.slice(0, most) : rows} />
      {older > 0 && (
        <p className={css.older}>
          <Button small onClick={() => setMost(most + DRAWN)}>
            {filled(text.older, { count: Math.min(DRAWN, older) })}
          </Button>
        </p>
      )}
    </>
  )
})

function Rows({ rows }: { rows: readonly Row[] }) {
  return (
    <table className={css.stream}>
      <thead>
        <tr>
          {HEADS.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) =>
          row.kind === "event" ? (
            <EventRow key={row.key} item={row.item} />
          ) : (
            <GapRow key={row.key} gap={row.gap} />
          ),
        )}
      </tbody>
    </table>
  )
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

const DAY_MS = 86_400_000

/** The time of day; of what is older than a day, the day. */
export function whenOf(told: string, now = Date.now()): string {
  return now - Date.parse(told) < DAY_MS ? clock.format(new Date(told)) : date(told)
}

/** A customer as a row names them: what they are known by best, a short id for a visitor nobody knows yet. */
export function whoOf(item: Pick<LiveItem, "who" | "profile">): { name: string; kind: string } {
  const [kind = "", ...rest] = item.who.split(":")
  const value = rest.join(":")
  if (!value || kind === "anonymous_id")
    return { name: filled(text.visitor, { id: item.profile.slice(0, 6) }), kind: "" }
  return { name: value, kind }
}

const EventRow = memo(function EventRow({ item }: { item: LiveItem }) {
  const { name, kind } = whoOf(item)
  const told = item.received ?? item.occurred
  return (
    <tr>
      <td className={css.time}>
        <time
          dateTime={told}
          title={`${exact(told)} · ${filled(text.occurred, { at: exact(item.occurred) })}`}
        >
          {whenOf(told)}
        </time>
      </td>
      <td>
        <span className={css.channel}>
          <ChannelIcon id={item.channel} size={15} />
          {channel(item.channel).label}
        </span>
      </td>
      <td className={css.touchpoint} title={item.touchpoint}>
        {touchpointLabel(item.touchpoint)}
      </td>
      <td title={`${item.type} ${item.name}`}>
        <span className="quiet">{item.type}</span> {item.name}
      </td>
      <td title={item.who || item.profile}>
        <Link to="/customers/$ref" params={{ ref: item.profile }}>
          {name}
        </Link>
        {kind && <span className={css.kind}>{kind}</span>}
      </td>
      <td className="quiet" title={item.source}>
        {item.source}
      </td>
    </tr>
  )
})

function GapRow({ gap }: { gap: Gap }) {
  return (
    <tr className={css.gap}>
      <td colSpan={HEADS.length}>{filled(text.gap, { from: gap.after + 1, to: gap.through })}</td>
    </tr>
  )
}
