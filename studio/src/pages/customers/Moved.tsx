/** What merging or parting would do, as the hub says: who there is before and after, and what moves. */
import { ArrowRight } from "lucide-react"
import { plural } from "@/text/format"
import type { Merged } from "./asked"
import css from "./Dialogs.module.css"
import { cut, kindLabel, split } from "./who"

export function Moved({ told, names }: { told: Merged; names: ReadonlyMap<string, string> }) {
  const moved = Object.entries(told.moved)
  const name = (id: string) => cut(names.get(id) ?? id, 40)
  return (
    <section className={css.preview} aria-label="What it would do">
      <div className={css.change}>
        <p>
          <small>Before</small>
          <b>{plural(told.before.length, "customer")}</b>
          {told.before.map((id) => (
            <span key={id} dir="auto">
              {name(id)}
            </span>
          ))}
        </p>
        <ArrowRight size={18} aria-hidden="true" />
        <p>
          <small>After</small>
          <b>{plural(told.after.length, "customer")}</b>
          {told.after.map((id) => (
            <span key={id} dir="auto">
              {names.has(id) ? name(id) : "a customer of their own"}
            </span>
          ))}
        </p>
      </div>
      <p className="quiet">
        {moved.length
          ? `${plural(moved.length, "identifier")} ${moved.length === 1 ? "moves" : "move"}:`
          : "No identifier moves."}
      </p>
      <ul>
        {moved.map(([identifier]) => {
          const { kind, value } = split(identifier)
          return (
            <li key={identifier} title={cut(identifier, 400)} dir="auto">
              <span className="quiet">{kindLabel(kind)}</span> {cut(value, 80)}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
