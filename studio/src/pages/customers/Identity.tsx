/** Why Harken thinks that this is one customer: every identifier, every piece of evidence, what became of it, as of any day. */
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { Refused } from "@/api/client"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { Failed, Loading } from "@/parts/States"
import { count, date, exact, plural } from "@/text/format"
import { filled } from "@/text/t"
import { type Identity as Answer, identity, type Link, release, takeBack, unmerge } from "./asked"
import { type ByHand, ByHandDialog } from "./ByHandDialog"
import { Evidence } from "./Evidence"
import { Graph, type Picked } from "./Graph"
import css from "./Identity.module.css"
import { IdentityTable } from "./IdentityTable"
import { endOf } from "./moments"
import { known, nodes } from "./sentences"
import { text } from "./text"
import { called, cut, kindLabel, type Profile, split } from "./who"

const FORMS = [
  { value: "picture", label: text.graph },
  { value: "table", label: text.table },
] as const

export function Identity({ one }: { one: Profile }) {
  const [words, change] = useWords()
  const [byHand, setByHand] = useState<ByHand | null>(null)
  const day = endOf(words.as_of ?? "") ? (words.as_of ?? "") : ""
  const asked = useQuery(identity(one.id, endOf(day)))
  const form = words.form === "table" ? "table" : "picture"
  const notYet = asked.error instanceof Refused && asked.error.status === 404 && day !== ""
  return (
    <section aria-labelledby="identity" className={css.identity}>
      <header>
        <h2 id="identity">{text.identity}</h2>
        <span className={css.grow} />
        <label className={css.day}>
          <span>{text.asOf}</span>
          <input
            type="date"
            className={parts.input}
            value={day}
            onChange={(event) => change({ as_of: event.target.value || undefined })}
          />
        </label>
        {day && (
          <Button small onClick={() => change({ as_of: undefined })}>
            {text.today}
          </Button>
        )}
        <Segmented
          label="Show as"
          value={form}
          choices={FORMS}
          onChange={(value) => change({ form: value === "table" ? value : undefined })}
        />
      </header>
      {notYet ? (
        <p className={css.notYet} role="status">
          {filled(text.notYet, { date: date(`${day}T12:00`) })}
        </p>
      ) : asked.isPending ? (
        <Loading lines={6} />
      ) : asked.error ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <Told
          key={day}
          one={one}
          answer={known(asked.data, endOf(day))}
          form={form}
          past={day}
          onByHand={setByHand}
        />
      )}
      {byHand && <ByHandDialog what={byHand} one={one} onClose={() => setByHand(null)} />}
    </section>
  )
}

function Told(props: {
  one: Profile
  answer: Answer
  form: "picture" | "table"
  past: string
  onByHand: (what: ByHand) => void
}) {
  const { one, answer } = props
  const [picked, setPicked] = useState<Picked | null>({ node: answer.id })
  const drawn = nodes(answer)
  const followed = answer.links.filter((link) => link.state === "united").length
  const aside = answer.links.length - followed
  return (
    <>
      <p className={css.caption}>
        {plural(answer.identifiers.length, text.identifiers)} on {plural(answer.trails.length, "trail")}, held
        together by {plural(followed, "piece")} of evidence
        {aside > 0 && `; ${count(aside)} more not followed`}
        {props.past && `, as known on ${date(`${props.past}T12:00`)}`}.
      </p>
      {props.form === "table" ? (
        <IdentityTable answer={answer} />
      ) : (
        <>
          <Graph
            nodes={drawn}
            links={answer.links}
            anchor={answer.id}
            name={called(one)}
            devices={one.devices}
            trails={answer.trails}
            picked={picked}
            onPick={setPicked}
          />
          <p className={css.legend}>{text.legend}</p>
          <Evidence
            answer={answer}
            nodes={drawn}
            picked={picked}
            now={props.past === ""}
            onPart={(node) => props.onByHand(parting(node.id, answer.id, node.value))}
            onRelease={(node) => props.onByHand(releasing(node.id, node.value))}
          />
        </>
      )}
      {answer.merges.length > 0 && (
        <Hand merges={answer.merges} now={props.past === ""} onByHand={props.onByHand} />
      )}
    </>
  )
}

function Hand(props: { merges: readonly Link[]; now: boolean; onByHand: (what: ByHand) => void }) {
  return (
    <section className={css.hand} aria-labelledby="by-hand">
      <h3 id="by-hand">{text.byHand}</h3>
      <ul>
        {props.merges.map((link) => (
          <li key={`${link.how} ${link.a_id} ${link.b_id}`}>
            <p>
              <b>{DEEDS[link.how]?.did ?? link.how}</b> <Name of={link.a} />
              {link.b_id !== link.a_id && (
                <>
                  {" "}
                  {link.how === "cut" ? "from" : "with"} <Name of={link.b} />
                </>
              )}
              <small className="quiet" dir="auto">
                {link.by || "somebody"} · <span title={exact(link.learned)}>{date(link.learned)}</span>
                {link.reason && ` · ${cut(link.reason, 300)}`}
              </small>
            </p>
            {props.now && (
              <Button small onClick={() => props.onByHand(takingBack(link))}>
                {text.takeBack}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Name({ of }: { of: string }) {
  const { kind, value } = split(of)
  return (
    <span dir="auto" title={cut(of, 400)}>
      <span className="quiet">{kindLabel(kind)}</span> {cut(value, 60)}
    </span>
  )
}

const DEEDS: Record<string, { did: string; title: string }> = {
  operator: { did: "Merged", title: "Take this merge back" },
  cut: { did: "Parted", title: "Take this parting back" },
  release: { did: "Released", title: "Take this release back" },
}

function takingBack(link: Link): ByHand {
  const said = { a: link.a_id, b: link.b_id, how: link.how }
  return {
    title: DEEDS[link.how]?.title ?? text.takeBack,
    about: `${text.takeBackAbout} ${link.by || "Somebody"} decided it on ${date(link.learned)}.`,
    verb: text.takeBack,
    done: text.undone,
    ask: (_, preview) => takeBack(link.a_id, said, preview),
    unreasoned: true,
  }
}

function parting(id: string, from: string, value: string): ByHand {
  return {
    title: text.partTitle,
    about: cut(value, 160),
    verb: text.partDo,
    done: text.parted,
    ask: (reason, preview) => unmerge(id, from, reason, preview),
  }
}

function releasing(id: string, value: string): ByHand {
  return {
    title: "Release from quarantine",
    about: cut(value, 160),
    verb: "Release",
    done: "Released: it recognizes customers again",
    ask: (reason, preview) => release(id, reason, preview),
  }
}
