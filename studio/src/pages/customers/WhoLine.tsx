/** A customer as one line: picture, name, best identifier, how much is known. */
import { Moment } from "@/parts/Moment"
import { plural } from "@/text/format"
import { Avatar } from "./Avatar"
import css from "./Dialogs.module.css"
import { type Brief, best, called, cut, named } from "./who"

export function Who({ one }: { one: Brief }) {
  const known = best(one.identifiers)
  return (
    <span className={css.who}>
      <Avatar name={named(one.traits)} />
      <span>
        <b dir="auto">{cut(called(one), 80)}</b>
        <small dir="auto">
          {known ? cut(`${known.kind}:${known.value}`, 80) : one.id} · {plural(one.events, "event")} · seen{" "}
          <Moment at={one.last_seen} />
        </small>
      </span>
    </span>
  )
}
