/** The period of the map: a few lengths that people ask for, or two days. */
import { CalendarDays, ChevronDown } from "lucide-react"
import { Popover } from "radix-ui"
import { Button, buttonClass } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { periodTold } from "@/text/days"
import { t } from "@/text/t"
import type { Shows } from "./address"
import type { SetShows } from "./Controls"
import css from "./MapPage.module.css"
import { m } from "./text"

const PRESETS = [7, 30, 90]
const DAY = 86_400_000

/** The last so many days with today, as days in UTC, the way the hub counts them. */
export function lastDays(days: number, now: number): { from: string; to: string } {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  return { from: day(now - (days - 1) * DAY), to: day(now) }
}

export function Period({ shows, set }: { shows: Shows; set: SetShows }) {
  const chosen = (from: string, to: string) => from === shows.from && to === shows.to
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({})} aria-label={`${m("period")}: ${periodTold(shows)}`}>
        <CalendarDays size={15} aria-hidden="true" />
        {periodTold(shows)}
        <ChevronDown size={14} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.period}`}
          sideOffset={4}
          align="start"
          aria-label={m("period")}
        >
          <Popover.Close asChild>
            <Button
              small
              look="quiet"
              aria-pressed={chosen("", "")}
              onClick={() => set({ from: "", to: "" })}
            >
              {t("days.all")}
            </Button>
          </Popover.Close>
          {PRESETS.map((days) => {
            const period = lastDays(days, Date.now())
            return (
              <Popover.Close key={days} asChild>
                <Button
                  small
                  look="quiet"
                  aria-pressed={chosen(period.from, period.to)}
                  onClick={() => set(period)}
                >
                  {m("lastDays", { days })}
                </Button>
              </Popover.Close>
            )
          })}
          <div className={css.days}>
            <label className={parts.field}>
              <span>{m("fromDay")}</span>
              <input
                type="date"
                className={parts.input}
                value={shows.from}
                max={shows.to || undefined}
                onChange={(event) => set({ from: event.target.value }, true)}
              />
            </label>
            <label className={parts.field}>
              <span>{m("toDay")}</span>
              <input
                type="date"
                className={parts.input}
                value={shows.to}
                min={shows.from || undefined}
                onChange={(event) => set({ to: event.target.value }, true)}
              />
            </label>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
