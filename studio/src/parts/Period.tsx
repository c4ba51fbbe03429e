/** The period of a question: a few lengths that people ask for, or two days. */
import { CalendarDays, ChevronDown } from "lucide-react"
import { Popover } from "radix-ui"
import { type Days, periodTold } from "@/text/days"
import { t } from "@/text/t"
import { Button, buttonClass } from "./Button"
import css from "./Period.module.css"
import parts from "./parts.module.css"

const PRESETS = [7, 30, 90]
const DAY = 86_400_000

/** The last so many days with today, as days in UTC, the way the hub counts them. */
export function lastDays(days: number, now: number): Days {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  return { from: day(now - (days - 1) * DAY), to: day(now) }
}

export function Period({ days, set }: { days: Days; set: (to: Partial<Days>, replace?: boolean) => void }) {
  const choices = [
    { name: t("days.all"), period: { from: "", to: "" } },
    ...PRESETS.map((one) => ({ name: t("days.last", { days: one }), period: lastDays(one, Date.now()) })),
  ]
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({})} aria-label={`${t("days.period")}: ${periodTold(days)}`}>
        <CalendarDays size={15} aria-hidden="true" />
        {periodTold(days)}
        <ChevronDown size={14} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.period}`}
          sideOffset={4}
          align="start"
          aria-label={t("days.period")}
        >
          {choices.map(({ name, period }) => (
            <Popover.Close key={name} asChild>
              <Button
                small
                look="quiet"
                aria-pressed={period.from === days.from && period.to === days.to}
                onClick={() => set(period)}
              >
                {name}
              </Button>
            </Popover.Close>
          ))}
          <div className={css.days}>
            <label className={parts.field}>
              <span>{t("days.first")}</span>
              <input
                type="date"
                className={parts.input}
                value={days.from}
                max={days.to || undefined}
                onChange={(event) => set({ from: event.target.value }, true)}
              />
            </label>
            <label className={parts.field}>
              <span>{t("days.end")}</span>
              <input
                type="date"
                className={parts.input}
                value={days.to}
                min={days.from || undefined}
                onChange={(event) => set({ to: event.target.value }, true)}
              />
            </label>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
