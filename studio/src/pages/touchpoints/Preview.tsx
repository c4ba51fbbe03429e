/** What a drafted touchpoint would catch, before it is published: asked again a moment after it changed. */
import { useQuery } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { api, Refused, type Schemas, told } from "@/api/client"
import { ChannelDot } from "@/parts/channel"
import { count, plural } from "@/text/format"
import { filled } from "@/text/t"
import { documentOf, type Form, problemOf } from "./model"
import { text } from "./text"
import css from "./touchpoints.module.css"

const WAIT_MS = 400
const NAMES = 8

export function Preview({ form }: { form: Form }) {
  const body = JSON.stringify({ ...documentOf(form), id: form.id.trim() || "?" })
  const [asked, setAsked] = useState(body)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(body), WAIT_MS)
    return () => clearTimeout(timer)
  }, [body])
  const found = useQuery({
    queryKey: ["preview", asked],
    queryFn: ({ signal }) => told(api.POST("/api/touchpoints/preview", { body: JSON.parse(asked), signal })),
    placeholderData: (before) => before,
    staleTime: 30_000,
  })
  const old = body !== asked || found.isPlaceholderData
  return (
    <section className={css.preview} aria-busy={old} data-old={old || undefined}>
      <h3>{text.preview}</h3>
      {found.error ? (
        <p className={css.problem}>
          {found.error instanceof Refused ? problemOf(found.error.message).message : String(found.error)}
        </p>
      ) : !found.data ? (
        <p className={css.told}>{text.previewing}</p>
      ) : (
        <Caught told={found.data} />
      )}
    </section>
  )
}

function Caught({ told: caught }: { told: Schemas["Caught"] }) {
  const names = Object.entries(caught.now)
  const most = Math.max(1, ...names.map(([, events]) => events))
  const looked = caught.looked_at < caught.of ? text.looked : text.lookedAll
  return (
    <>
      <p role="status">
        {caught.events ? (
          <strong className="num">
            {filled(text.catches, {
              events: plural(caught.events, "event"),
              customers: plural(caught.customers, "customer"),
            })}
          </strong>
        ) : (
          text.catchesNothing
        )}{" "}
        <span className={css.told}>
          {filled(looked, { looked: count(caught.looked_at), of: count(caught.of) })}
        </span>
      </p>
      {names.length > 0 && (
        <table className={css.now}>
          <thead>
            <tr>
              <th scope="col">{text.named}</th>
              <th scope="col">{text.events}</th>
            </tr>
          </thead>
          <tbody>
            {names.slice(0, NAMES).map(([name, events]) => (
              <tr key={name}>
                <td title={name}>
                  <ChannelDot id={name.split(": ")[0] ?? ""} size={8} /> {name}
                </td>
                <td className="num">
                  <i style={{ width: `${(events / most) * 60}px` }} aria-hidden="true" />
                  {count(events)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
