/** What is known of a customer, with what it was before; hundreds of traits stay usable. */
import { useState } from "react"
import { Long } from "@/parts/Long"
import parts from "@/parts/parts.module.css"
import { date, exact } from "@/text/format"
import css from "./Glance.module.css"
import { AllOf, Section } from "./Section"
import { text } from "./text"
import { cut, type Profile, plain } from "./who"

const SHOWN = 12
/** Longer values of before are cut: the whole of them stands in the export. */
const LONGEST = 2_000

export function Traits({ traits, past }: { traits: Profile["traits"]; past: Profile["traits_past"] }) {
  const [all, setAll] = useState(false)
  const [sought, setSought] = useState("")
  const names = Object.keys(traits).sort()
  const fitting = names.filter((name) => name.toLowerCase().includes(sought.trim().toLowerCase()))
  return (
    <Section title={text.traits}>
      {names.length === 0 && <p className="quiet">{text.noTraits}</p>}
      {names.length > SHOWN && all && (
        <input
          className={`${parts.input} ${css.find}`}
          value={sought}
          onChange={(event) => setSought(event.target.value)}
          placeholder={text.findTrait}
          aria-label={text.findTrait}
        />
      )}
      <dl className={css.traits}>
        {fitting.slice(0, all ? undefined : SHOWN).map((name) => (
          <Trait key={name} name={name} value={traits[name]} past={past[name]} />
        ))}
      </dl>
      <AllOf
        shown={all}
        total={names.length}
        most={SHOWN}
        onChange={(told) => {
          setAll(told)
          setSought("")
        }}
      />
    </Section>
  )
}

function Trait(props: { name: string; value: unknown; past: Profile["traits_past"][string] | undefined }) {
  const before = props.past?.history ?? []
  return (
    <div>
      <dt title={cut(props.name, 300)} dir="auto">
        {props.name}
      </dt>
      <dd>
        <div className={css.value} title={props.past ? `since ${exact(props.past.since)}` : undefined}>
          <Long text={plain(props.value)} />
        </div>
        {before.length > 0 && (
          <details>
            <summary>before</summary>
            {before.map((one) => (
              <p key={one.since} dir="auto">
                {cut(plain(one.value), LONGEST)} <span className="quiet">from {date(one.since)}</span>
              </p>
            ))}
          </details>
        )}
      </dd>
    </div>
  )
}
