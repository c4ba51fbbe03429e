/** What the map is compared with: the days before, another period, another segment. */
import { useQuery } from "@tanstack/react-query"
import { ChevronDown, GitCompareArrows, X } from "lucide-react"
import { Popover } from "radix-ui"
import { useState } from "react"
import { segments } from "@/api/segments"
import { Button, buttonClass } from "@/parts/Button"
import { lastDays } from "@/parts/Period"
import shape from "@/parts/Period.module.css"
import parts from "@/parts/parts.module.css"
import type { Shows } from "./address"
import type { SetShows } from "./Controls"
import { againstOf, againstTold, lengthOf } from "./compare"
import css from "./MapPage.module.css"
import { m } from "./text"

const USUAL = 30

/** What a map is compared with, as people read it; a segment by its name. */
export function useAgainst(shows: Shows): string {
  const list = useQuery(segments).data?.data ?? []
  return againstTold(shows.compare, shows, (id) => list.find((one) => one.id === id)?.name ?? id)
}

export function Compare({ shows, set }: { shows: Shows; set: SetShows }) {
  const told = useAgainst(shows)
  const [open, setOpen] = useState(false)
  const compared = (compare: string, more: Partial<Shows> = {}) => {
    set({ compare, mode: compare ? "change" : "customers", ...more })
    setOpen(false)
  }
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={`${buttonClass({})} ${told ? css.comparing : ""}`} title={told}>
        <GitCompareArrows size={15} aria-hidden="true" />
        <span className={css.against}>{told ? m("comparedWith", { what: told }) : m("compare")}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${shape.period}`}
          sideOffset={4}
          align="start"
          aria-label={m("compareWith")}
        >
          <Before shows={shows} compared={compared} />
          <OtherSegment shows={shows} compared={compared} />
          <OtherPeriod shows={shows} compared={compared} />
          {told && (
            <Button small look="quiet" onClick={() => compared("")}>
              <X size={14} aria-hidden="true" />
              {m("compareNot")}
            </Button>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface Choosing {
  shows: Shows
  compared: (compare: string, more?: Partial<Shows>) => void
}

/** The same length of time before; of a map of all time, the last days and those before them. */
function Before({ shows, compared }: Choosing) {
  const whole = shows.from && shows.to
  return (
    <Button
      small
      look="quiet"
      aria-pressed={shows.compare === "previous"}
      onClick={() => compared("previous", whole ? {} : lastDays(USUAL, Date.now()))}
    >
      {whole ? m("previous", { days: lengthOf(shows) }) : m("lastAndBefore", { days: USUAL })}
    </Button>
  )
}

function OtherSegment({ shows, compared }: Choosing) {
  const list = useQuery(segments).data?.data ?? []
  const against = againstOf(shows.compare, shows)
  const others = list.filter(({ id }) => id !== shows.segment)
  if (!others.length && !shows.segment) return null
  return (
    <label className={`${parts.field} ${css.other}`}>
      <span>{m("otherSegment")}</span>
      <select
        value={against?.kind === "segment" ? `segment:${against.segment}` : ""}
        onChange={(event) => compared(event.target.value)}
      >
        <option value="">{m("none")}</option>
        {shows.segment && <option value="segment:">{m("allCustomers")}</option>}
        {others.map(({ id, name }) => (
          <option key={id} value={`segment:${id}`}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function OtherPeriod({ shows, compared }: Choosing) {
  const against = againstOf(shows.compare, shows)
  const told = against?.kind === "period" ? against : { from: "", to: "" }
  const [from, setFrom] = useState(told.from)
  const [to, setTo] = useState(told.to)
  return (
    <form
      className={css.between}
      onSubmit={(event) => {
        event.preventDefault()
        compared(`${from}..${to}`)
      }}
    >
      <div className={shape.days}>
        <label className={parts.field}>
          <span>{m("otherFrom")}</span>
          <input
            type="date"
            required
            className={parts.input}
            value={from}
            max={to || undefined}
            onChange={(event) => setFrom(event.target.value)}
          />
        </label>
        <label className={parts.field}>
          <span>{m("otherTo")}</span>
          <input
            type="date"
            required
            className={parts.input}
            value={to}
            min={from || undefined}
            onChange={(event) => setTo(event.target.value)}
          />
        </label>
      </div>
      <Button small type="submit" disabled={!from || !to || from > to}>
        {m("comparePeriod")}
      </Button>
    </form>
  )
}
