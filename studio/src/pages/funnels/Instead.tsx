/** Beside a funnel: what those who did not go on did instead, and where to look further. */
import { Link } from "@tanstack/react-router"
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { Side } from "@/pages/understand/Side"
import { onMap } from "@/pages/understand/scope"
import shared from "@/pages/understand/understand.module.css"
import { useWho } from "@/pages/understand/useAnalysis"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelDot } from "@/parts/channel"
import { share } from "@/text/format"
import type { Shows } from "./address"
import { stepsOf } from "./steps"
import { f } from "./text"

export function Instead({ answer, shows, onClose }: { answer: Answer; shows: Shows; onClose: () => void }) {
  const [, list] = useWho()
  const places = usePlaces()
  const step = stepsOf(answer).find((one) => one.step === shows.drop)
  if (!step) return null
  const told = toldOf(step.pattern, places)
  const rows = (answer.tables.instead?.rows ?? []).filter((row) => row.step === step.step)
  const touchpoint = places.touchpoints.some(({ pattern }) => pattern === step.pattern)
  const { from, to, segment } = shows
  const scope = { ...(from && { from }), ...(to && { to }), ...(segment && { segment }) }
  const most = Math.max(...rows.map((row) => Number(row.customers)), 1)
  return (
    <Side title={f("insteadOf", { name: told.label })} onClose={onClose}>
      <p className={shared.quiet}>{f("insteadAbout")}</p>
      <h3>{f("instead")}</h3>
      <ul className={shared.rows}>
        {rows.map((row) => (
          <Line key={String(row.next)} row={row} after={told.label} most={most} />
        ))}
      </ul>
      <div className={shared.actions}>
        <Button
          small
          look="primary"
          disabled={!step.dropped}
          onClick={() => list({ table: "steps", step: step.step, what: "dropped" })}
        >
          {f("seeStopped")}
        </Button>
        {shows.mode !== "any" && (
          <Link
            to="/paths"
            search={{ ...scope, at: step.pattern } as never}
            className={buttonClass({ small: true })}
          >
            {f("pathsFrom")}
          </Link>
        )}
        {touchpoint && (
          <Link
            to="/map"
            search={{ ...onMap(shows), focus: step.pattern } as never}
            className={buttonClass({ small: true })}
          >
            {f("onMap")}
          </Link>
        )}
      </div>
    </Side>
  )
}

function Line({ row, after, most }: { row: Row; after: string; most: number }) {
  const places = usePlaces()
  const id = String(row.next)
  const told = row.kind === "node" ? toldOf(id, places) : null
  const own = { end: f("nothing"), open: f("stillOpen") }[String(row.kind)] ?? String(row.label)
  const label = row.kind === "node" ? String(row.label) : own
  const customers = Number(row.customers)
  return (
    <li>
      {told?.channel ? (
        <ChannelDot id={told.channel} />
      ) : (
        <i className={shared.ink} data-open={row.kind === "open" || undefined} aria-hidden="true" />
      )}
      <span className={shared.name} title={id} dir="auto">
        {label}
      </span>
      <Customers
        value={customers}
        row={{ table: "instead", step: Number(row.step), next: id }}
        of={f("whoInstead", { name: after, next: label })}
      />
      <span className={`${shared.share} num`}>{share(Number(row.share ?? 0))}</span>
      <i data-bar style={{ width: `calc((100% - 18px) * ${customers / most})` }} aria-hidden="true" />
    </li>
  )
}
