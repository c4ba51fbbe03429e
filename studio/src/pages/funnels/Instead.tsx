/** Beside a funnel: what those who did not go on did instead, and where to look further. */
import { Link } from "@tanstack/react-router"
import type { Answer, Row } from "@/api/analyses"
import { type Line, Lines } from "@/pages/understand/Lines"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { onMap } from "@/pages/understand/scope"
import { useWho } from "@/pages/understand/useAnalysis"
import { Button, buttonClass } from "@/parts/Button"
import { SidePanel } from "@/parts/SidePanel"
import panel from "@/parts/SidePanel.module.css"
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
  return (
    <SidePanel title={f("insteadOf", { name: told.label })} onClose={onClose}>
      <p className={panel.quiet}>{f("insteadAbout")}</p>
      <Lines title={f("instead")} lines={rows.map((row) => lineOf(row, told.label, places))} />
      <div className={panel.actions}>
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
    </SidePanel>
  )
}

function lineOf(row: Row, after: string, places: Places): Line {
  const id = String(row.next)
  const place = row.kind === "node"
  const own = { end: f("nothing"), open: f("stillOpen") }[String(row.kind)] ?? String(row.label)
  const label = place ? String(row.label) : own
  return {
    key: id,
    label,
    channel: (place && toldOf(id, places).channel) || "",
    open: row.kind === "open",
    customers: Number(row.customers),
    row: { table: "instead", step: Number(row.step), next: id },
    of: f("whoInstead", { name: after, next: label }),
    share: Number(row.share ?? 0),
  }
}
