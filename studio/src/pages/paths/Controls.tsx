/** From where, which way, how far, how much of it, and without what. */
import { ArrowLeft, ArrowRight, ChevronDown, X } from "lucide-react"
import { Popover } from "radix-ui"
import { Picker } from "@/pages/understand/Picker"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { u } from "@/pages/understand/text"
import shared from "@/pages/understand/understand.module.css"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelDot } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { DEEPEST, FORMS, isEdge, LIMITS, OCCURRENCES, type Shows } from "./address"
import { nameOf } from "./model"
import css from "./paths.module.css"
import { Splits } from "./SplitBy"
import { p } from "./text"

type Set = (change: Partial<Shows>) => void

const EDGE = { START: "start", END: "end", OPEN: "open" } as const

export function anchorTold(anchor: string, places: ReturnType<typeof usePlaces>): string {
  const edge = EDGE[anchor as keyof typeof EDGE]
  if (edge) return p(edge)
  return anchor === "BEFORE" ? p("before") : toldOf(anchor, places).label
}

export function Controls({ shows, set }: { shows: Shows; set: Set }) {
  return (
    <>
      <Segmented
        label={p("form")}
        value={shows.form}
        choices={FORMS.map((value) => ({ value, label: p(value) }))}
        onChange={(form) => set({ form, pick: null, table: false })}
      />
      <span className={css.ask}>
        {p("from")}
        <Anchor shows={shows} set={set} />
      </span>
      {!isEdge(shows.anchor) && (
        <>
          <Segmented
            label={p("direction")}
            value={shows.before ? "before" : "after"}
            choices={[
              { value: "before", label: p("beforeIt") },
              { value: "after", label: p("after") },
            ]}
            onChange={(way) => set({ before: way === "before", prefix: [], pick: null })}
          />
          <select
            aria-label={p("which")}
            value={shows.occurrence}
            onChange={(event) =>
              set({
                occurrence: OCCURRENCES.find((one) => one === event.target.value) ?? "first",
                pick: null,
              })
            }
          >
            {OCCURRENCES.map((one) => (
              <option key={one} value={one}>
                {p(one)}
              </option>
            ))}
          </select>
        </>
      )}
      <label className={css.ask}>
        {p("steps")}
        <input
          type="range"
          min={1}
          max={Math.max(DEEPEST, shows.depth)}
          value={shows.depth}
          onChange={(event) => set({ depth: Number(event.target.value), pick: null })}
        />
        <output className="num">{shows.depth}</output>
      </label>
      {shows.form !== "list" && (
        <select
          aria-label={p("shownMost")}
          value={shows.limit}
          onChange={(event) => set({ limit: Number(event.target.value) })}
        >
          {[...new Set([...LIMITS, shows.limit])].map((one) => (
            <option key={one} value={one}>
              {one ? p("perStep", { count: one }) : p("everyOne")}
            </option>
          ))}
        </select>
      )}
      <Hidden shows={shows} set={set} />
      {shows.level === "touchpoint" && (
        <Splits splits={shows.split} onChange={(split) => set({ split, prefix: [], pick: null })} />
      )}
    </>
  )
}

function Anchor({ shows, set }: { shows: Shows; set: Set }) {
  const places = usePlaces()
  const told = anchorTold(shows.anchor, places)
  const of = isEdge(shows.anchor) ? "" : toldOf(shows.anchor, places).channel
  const go = (anchor: string) => set({ anchor, prefix: [], pick: null })
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({})} aria-label={p("anchor", { name: told })}>
        {of && <ChannelDot id={of} />}
        <span className={css.anchor} dir="auto">
          {told}
        </span>
        <ChevronDown size={14} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.anchors}`}
          sideOffset={4}
          align="start"
          aria-label={p("from")}
        >
          {Object.entries(EDGE).map(([edge, text]) => (
            <Popover.Close key={edge} asChild>
              <button
                type="button"
                className={parts.menuitem}
                aria-pressed={shows.anchor === edge}
                onClick={() => go(edge)}
              >
                {edge === "START" ? (
                  <ArrowRight size={14} aria-hidden="true" />
                ) : (
                  <ArrowLeft size={14} aria-hidden="true" />
                )}
                <span>
                  {p(text)}
                  <small>{p(`${text}About`)}</small>
                </span>
              </button>
            </Popover.Close>
          ))}
          <Picker label={p("place")} onPick={go}>
            <Button small>{p("place")}</Button>
          </Picker>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Hidden({ shows, set }: { shows: Shows; set: Set }) {
  const places = usePlaces()
  const without = (id: string) => set({ hidden: shows.hidden.filter((one) => one !== id), pick: null })
  return (
    <fieldset className={shared.chips}>
      <legend className="sr-only">{p("hidden")}</legend>
      {shows.hidden.map((id) => {
        const { label, channel } = nameOf(id, "", "touchpoint", places)
        return (
          <span key={id} className={shared.chip} title={`${p("hidden")}: ${id}`}>
            {channel && <ChannelDot id={channel} size={8} />}
            <s dir="auto">{label}</s>
            <button type="button" aria-label={u("remove", { name: label })} onClick={() => without(id)}>
              <X size={13} aria-hidden="true" />
            </button>
          </span>
        )
      })}
      <Picker
        plain
        label={p("hide")}
        without={shows.hidden}
        onPick={(id) => set({ hidden: [...shows.hidden, id], pick: null })}
      >
        <Button small look="quiet">
          {p("hide")}
        </Button>
      </Picker>
    </fieldset>
  )
}

/** The way that is shown, and back out of it. */
export function Crumbs({ shows, set }: { shows: Shows; set: Set }) {
  const places = usePlaces()
  if (!shows.prefix.length) return null
  return (
    <nav className={css.crumbs} aria-label={p("crumbs")}>
      <button type="button" onClick={() => set({ prefix: [], pick: null })}>
        {isEdge(shows.anchor) ? p("all") : anchorTold(shows.anchor, places)}
      </button>
      {shows.prefix.map((id, at) => {
        const { label, channel } = nameOf(id, "", shows.level, places)
        const last = at === shows.prefix.length - 1
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place may come twice
          <span key={at}>
            <span aria-hidden="true">›</span>
            {channel && <ChannelDot id={channel} size={8} />}
            <button
              type="button"
              aria-current={last || undefined}
              onClick={() => set({ prefix: shows.prefix.slice(0, at + 1), pick: null })}
            >
              {label}
            </button>
          </span>
        )
      })}
    </nav>
  )
}
