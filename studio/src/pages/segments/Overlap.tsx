/** How far two segments are the same customers: one bar, from those only in the one to those only in the other. */
import { useQuery } from "@tanstack/react-query"
import { why } from "@/api/client"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { count, share } from "@/text/format"
import { counted, overlap } from "./asked"
import type { Rule } from "./rule"
import css from "./segments.module.css"
import { s } from "./text"

export function Overlap(props: {
  id: string
  other: string
  onOther: (id: string) => void
  onMake: (name: string, rule: Rule) => void
}) {
  const { id, other, onOther, onMake } = props
  const list = useQuery(counted).data ?? []
  const found = useQuery(overlap(id, other))
  const nameOf = (one: string) => list.find((each) => each.id === one)?.name ?? one
  const rest = list.filter((one) => one.id !== id)
  if (!rest.length) return null
  const { data } = found
  const [a, b] = [nameOf(id), nameOf(other)]
  return (
    <section className={parts.card} aria-labelledby="overlap">
      <div className={parts.cardHead}>
        <h2 id="overlap">{s("overlap")}</h2>
        <select aria-label={s("overlap")} value={other} onChange={(event) => onOther(event.target.value)}>
          <option value="">{s("choose")}…</option>
          {rest.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      {found.error && <p role="alert">{`${s("overlapFailed")}: ${why(found.error)}`}</p>}
      {other && data && (
        <>
          <Bars
            parts={[
              { name: s("onlyA", { name: a }), value: data.a - data.both, kind: "a" },
              { name: s("both"), value: data.both, kind: "both" },
              { name: s("onlyA", { name: b }), value: data.b - data.both, kind: "b" },
            ]}
          />
          <p className={parts.note}>
            {s("overlapOf", {
              share: share(data.a ? data.both / data.a : 0),
              other: share(data.b ? data.both / data.b : 0),
              a: `“${a}”`,
              b: `“${b}”`,
            })}{" "}
            {s("neither")}: <span className="num">{count(data.neither)}</span>.
          </p>
          <div className={css.adding}>
            <Button
              small
              onClick={() => onMake(`${a} + ${b}`, { all: [{ segment: id }, { segment: other }] })}
            >
              {s("makeBoth")}
            </Button>
            <Button
              small
              look="quiet"
              onClick={() => onMake(a, { all: [{ segment: id }, { not: { segment: other } }] })}
            >
              {s("makeOnly")}
            </Button>
          </div>
        </>
      )}
    </section>
  )
}

function Bars({ parts }: { parts: readonly { name: string; value: number; kind: string }[] }) {
  const all = parts.reduce((sum, { value }) => sum + value, 0) || 1
  return (
    <>
      <div className={css.bars} aria-hidden="true">
        {parts.map(({ kind, value }) => (
          <i key={kind} data-kind={kind} style={{ flexGrow: value / all }} />
        ))}
      </div>
      <ul className={css.legend}>
        {parts.map(({ name, value, kind }) => (
          <li key={kind}>
            <i data-kind={kind} aria-hidden="true" />
            <span dir="auto">{name}</span> <strong className="num">{count(value)}</strong>
          </li>
        ))}
      </ul>
    </>
  )
}
