/** The identity as tables: identifiers, trails, evidence. Everything the picture shows, and what has no room there. */
import { useState } from "react"
import { Button } from "@/parts/Button"
import { Moment } from "@/parts/Moment"
import { Table } from "@/parts/Table"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import type { Identity } from "./asked"
import css from "./Identity.module.css"
import { became, how } from "./sentences"
import { text } from "./text"
import { cut, kindLabel } from "./who"

const SHOWN = 100

export function IdentityTable({ answer }: { answer: Identity }) {
  return (
    <>
      <Part
        title="Identifiers"
        heads={["Kind", "Value", "First seen", "Heard of", "Seen beside", "State"]}
        rows={answer.identifiers.map((one) => [
          kindLabel(one.kind),
          <Long key="value" told={one.value} />,
          <Moment key="first" at={one.first} />,
          <Moment key="learned" at={one.learned} />,
          <span key="degree" className="num">
            {count(one.degree)}
          </span>,
          one.quarantined ? "quarantined" : one.established ? "in use" : "only named by an alias",
        ])}
      />
      <Part
        title="Trails"
        heads={["Source", "Device", "Account", "First", "Last", "Events"]}
        rows={answer.trails.map((one) => [
          one.source,
          <Long key="device" told={one.device || "–"} />,
          <Long key="account" told={one.account || "–"} />,
          <Moment key="first" at={one.first} />,
          <Moment key="last" at={one.last} />,
          <span key="events" className="num">
            {count(one.events)}
          </span>,
        ])}
      />
      <Part
        title="Evidence"
        heads={["One", "Other", "How", "When", "Verified", "What became of it"]}
        rows={answer.links.map((one) => [
          <Long key="a" told={one.a} />,
          <Long key="b" told={one.b} />,
          how(one),
          <Moment key="occurred" at={one.occurred} />,
          one.verified ? "Yes" : "No",
          <span key="state">
            {became(one)}
            {(one.why || one.reason) && <small className="quiet"> {cut(one.why || one.reason, 300)}</small>}
          </span>,
        ])}
      />
    </>
  )
}

function Long({ told }: { told: string }) {
  return (
    <span className={css.long} title={cut(told, 400)} dir="auto">
      {cut(told, 400)}
    </span>
  )
}

function Part({ title, heads, rows }: { title: string; heads: string[]; rows: React.ReactNode[][] }) {
  const [all, setAll] = useState(false)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: wide tables scroll, so the keyboard must reach them
    <section className={css.part} aria-label={title} tabIndex={0}>
      <h3>
        {title} <span className="quiet num">{count(rows.length)}</span>
      </h3>
      <Table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, all ? undefined : SHOWN).map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows keep their order
            <tr key={place}>
              {row.map((cell, column) => (
                <td key={heads[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      {rows.length > SHOWN && !all && (
        <Button small look="quiet" onClick={() => setAll(true)}>
          {filled(text.showAll, { n: count(rows.length) })}
        </Button>
      )}
    </section>
  )
}
