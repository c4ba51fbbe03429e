/** One event as it was heard: what it said, whose identifiers it carried, what was odd, and the bytes as sent. */
import { Check, Copy, TriangleAlert } from "lucide-react"
import { useState } from "react"
import { Button } from "@/parts/Button"
import { channel } from "@/parts/channel"
import { exact } from "@/text/format"
import type { Happening } from "./asked"
import css from "./EventDetail.module.css"
import { copy } from "./handing"
import { text } from "./text"
import { kindLabel, plain, words } from "./who"

export function EventDetail({ event }: { event: Happening }) {
  return (
    <div className={css.detail}>
      {event.warnings.map((warning) => (
        <p key={warning} className={css.warning}>
          <TriangleAlert size={14} aria-hidden="true" /> {warning}
        </p>
      ))}
      <Pairs
        title="Event"
        pairs={[
          ["Name", event.name || event.type],
          ["Type", event.type],
          ["Happened", exact(event.occurred)],
          ["Received", exact(event.received)],
          ["Source", event.source],
          ["Channel", channel(event.channel).label],
          ["Touchpoint", event.touchpoint],
          ...(event.stage ? ([["Stage", words(event.stage)]] as [string, string][]) : []),
          ["Trail", event.tid],
        ]}
      />
      <Pairs
        title="Identifiers"
        pairs={event.identifiers.map((one) => [kindLabel(one.kind), one.value])}
        note={event.verified ? "came with a secret key: they count as verified" : undefined}
      />
      <Pairs
        title="Properties"
        pairs={Object.entries(event.properties).map(([name, told]) => [name, plain(told)])}
      />
      <Pairs
        title="Traits it told"
        pairs={Object.entries(event.traits).map(([name, told]) => [name, plain(told)])}
      />
      <Raw raw={event.raw} />
    </div>
  )
}

function Pairs({ title, pairs, note }: { title: string; pairs: [string, string][]; note?: string }) {
  if (!pairs.length) return null
  return (
    <section>
      <h3>{title}</h3>
      <dl className={css.pairs}>
        {pairs.map(([name, told], place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an event never changes
          <div key={`${name} ${place}`}>
            <dt dir="auto">{name}</dt>
            <dd dir="auto">{told}</dd>
          </div>
        ))}
      </dl>
      {note && <p className="quiet">{note}</p>}
    </section>
  )
}

function Raw({ raw }: { raw: unknown }) {
  const [copied, setCopied] = useState(false)
  const told = JSON.stringify(raw, null, 2)
  return (
    <section>
      <h3 className={css.rawTitle}>
        As sent
        <Button
          small
          look="quiet"
          onClick={async () => {
            setCopied(await copy(told))
          }}
        >
          {copied ? <Check size={13} aria-hidden="true" /> : <Copy size={13} aria-hidden="true" />}
          {copied ? text.copied : text.copy}
        </Button>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={css.raw} tabIndex={0} aria-label="The event as sent">
        <pre>{told}</pre>
      </section>
    </section>
  )
}
