/** Whether something arrived: what it was and who, or why it could not be taken. */
import { Link } from "@tanstack/react-router"
import { Check, Inbox } from "lucide-react"
import { buttonClass } from "@/parts/Button"
import { ChannelIcon, channel } from "@/parts/channel"
import { ago, plural } from "@/text/format"
import { filled } from "@/text/t"
import css from "./start.module.css"
import { text } from "./text"
import { useFirst } from "./useFirst"

export function Arrival() {
  const { newest, count, line, refused } = useFirst()
  return (
    <>
      <div className={css.arrival} data-heard={newest ? "yes" : "no"} role="status">
        {newest ? (
          <>
            <i className={css.done} aria-hidden="true">
              <Check size={18} />
            </i>
            <div>
              <strong>
                {filled(text.heardTitle, { what: `${newest.type} ${newest.name || newest.touchpoint}` })}
              </strong>
              <p>
                <ChannelIcon id={newest.channel} size={14} />{" "}
                {filled(text.heard, {
                  who: nameOf(newest.who),
                  channel: channel(newest.channel).label,
                  ago: ago(newest.received ?? newest.occurred),
                })}{" "}
                <span className="quiet">
                  {count ? filled(text.heardMore, { count: plural(count, "event") }) : text.before}
                </span>
              </p>
            </div>
          </>
        ) : (
          <>
            <i className={css.ear} aria-hidden="true" />
            <p>{line === "lost" ? text.lost : text.listening}</p>
          </>
        )}
      </div>
      {newest && (
        <p className={css.next}>
          <Link
            to="/customers/$ref"
            params={{ ref: newest.profile }}
            className={buttonClass({ look: "primary" })}
          >
            {text.customer}
          </Link>
          <Link to="/live" className={buttonClass({})}>
            {text.live}
          </Link>
          <Link to="/map" className={buttonClass({})}>
            {text.map}
          </Link>
        </p>
      )}
      {refused && (
        <div className={css.refused} role="alert">
          <Inbox size={16} aria-hidden="true" />
          <div>
            <strong>{text.refusedTitle}</strong>
            <p>{refused.detail}</p>
            <Link to="/admin/dead-letter">{text.letters}</Link>
          </div>
        </div>
      )}
    </>
  )
}

function nameOf(who: string): string {
  return !who || who.startsWith("anonymous_id:") ? text.anonymous : who
}
