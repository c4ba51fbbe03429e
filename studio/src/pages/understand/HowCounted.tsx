/** The header of an answer: enough to ask the same again, and to see why two answers differ. */
import { Info } from "lucide-react"
import { Popover } from "radix-ui"
import { type ReactNode, useEffect, useState } from "react"
import type { Header } from "@/api/analyses"
import { buttonClass } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { ago, count, duration, exact, plural } from "@/text/format"
import { t } from "@/text/t"
import css from "./HowCounted.module.css"
import { u } from "./text"
import type { Asked } from "./useAnalysis"

/** One line: how many customers, how old; the rest where it is pressed. */
export function Told({ asked, more = [] }: { asked: Asked; more?: readonly [string, string][] }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((times) => times + 1), 5_000)
    return () => clearInterval(timer)
  }, [])
  const { answer, failed, again, updatedAt } = asked
  if (!answer) return null
  return (
    <div className={css.told}>
      {failed && (
        <span role="status">
          {u("stale")}{" "}
          <button type="button" className={css.again} onClick={again}>
            {t("state.retry")}
          </button>
        </span>
      )}
      <span className="num">{plural(answer.header.customers, "customer")}</span>
      <span className="num" title={exact(updatedAt)}>
        {u("updated", { ago: ago(updatedAt) })}
      </span>
      <HowCounted header={answer.header} more={more} />
    </div>
  )
}

function HowCounted({ header, more }: { header: Header; more: readonly [string, string][] }) {
  const { since, until, journey, ties } = header
  const period = `${since ? exact(since) : "…"} – ${until ? exact(until) : "…"}`
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({ small: true, look: "quiet" })}>
        <Info size={14} aria-hidden="true" />
        {u("how")}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.how}`}
          align="end"
          sideOffset={4}
          aria-label={u("how")}
        >
          <h2>{u("how")}</h2>
          <dl>
            <Line name={u("howCustomers")}>{count(header.customers)}</Line>
            <Line name={u("howSteps")}>{count(header.events)}</Line>
            <Line name={u("howAsOf")}>{exact(header.as_of)}</Line>
            <Line name={u("howPeriod")}>{since || until ? period : t("days.all")}</Line>
            <Line name={u("howJourney")}>
              {journey === "visit" || journey === "goal" ? u(`${journey}About`) : u("lifeAbout")}
            </Line>
            <Line name={u("howHorizon")}>
              {u("howHorizonIs", { time: duration(header.horizon_seconds) })}
            </Line>
            <Line name={u("howTies")}>
              {ties ? u("howTiesSome", { count: count(ties) }) : u("howTiesNone")}
            </Line>
            {more.map(([name, value]) => (
              <Line key={name} name={name}>
                {value}
              </Line>
            ))}
            <Line name={u("howExact")}>{u(header.exact ? "exact" : "estimated")}</Line>
            <Line name={u("howVersion")}>{u("howVersionIs", { version: header.version })}</Line>
          </dl>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  )
}
