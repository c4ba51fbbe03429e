/** What stands behind what was picked: an identifier with all its evidence, or one tie piece by piece. */
import { Link as Anchor } from "@tanstack/react-router"
import { Button, buttonClass } from "@/parts/Button"
import { Long } from "@/parts/Long"
import parts from "@/parts/parts.module.css"
import { count, exact, plural } from "@/text/format"
import type { Identity, Link } from "./asked"
import type { Picked } from "./Graph"
import css from "./Identity.module.css"
import { type Node, ties } from "./network"
import { became, how } from "./sentences"
import { text } from "./text"
import { cut, kindLabel } from "./who"

const SHOWN = 40

export function Evidence(props: {
  answer: Identity
  nodes: readonly Node[]
  picked: Picked | null
  /** Nothing can be done about the past. */
  now: boolean
  onPart: (node: Node) => void
  onRelease: (node: Node) => void
}) {
  const { answer, picked } = props
  if (!picked) return <p className={css.pick}>{text.pick}</p>
  if ("node" in picked) {
    const node = props.nodes.find((one) => one.id === picked.node)
    if (!node) return null
    const links = answer.links.filter((link) => link.a_id === node.id || link.b_id === node.id)
    return (
      <section className={css.evidence} aria-live="polite">
        <header>
          <h3>
            {kindLabel(node.kind)} <span>{cut(node.value, 300)}</span>
          </h3>
          {props.now && <NodeActions {...props} node={node} />}
        </header>
        <Facts answer={answer} node={node} />
        <Pieces links={links} />
      </section>
    )
  }
  const tie = ties(answer.links).find((one) => one.key === picked.tie)
  const [first] = tie?.evidence ?? []
  if (!tie || !first) return null
  return (
    <section className={css.evidence} aria-live="polite">
      <header>
        <h3>
          <Long text={first.a} /> and <Long text={first.b} />
        </h3>
      </header>
      <Pieces links={tie.evidence} />
    </section>
  )
}

function NodeActions(props: {
  answer: Identity
  node: Node
  onPart: (node: Node) => void
  onRelease: (node: Node) => void
}) {
  const { node, answer } = props
  if (node.state === "other")
    return (
      <Anchor to="/customers/$ref" params={{ ref: node.id }} className={buttonClass({ small: true })}>
        {text.openOther}
      </Anchor>
    )
  if (node.state === "quarantined")
    return (
      <Button small onClick={() => props.onRelease(node)}>
        Release from quarantine…
      </Button>
    )
  if (node.id === answer.id) return null
  return (
    <Button small onClick={() => props.onPart(node)}>
      {text.part}…
    </Button>
  )
}

function Facts({ answer, node }: { answer: Identity; node: Node }) {
  const row = answer.identifiers.find((one) => one.id === node.id)
  if (!row) return null
  const full = `${node.kind}:${node.value}`
  const trails = answer.trails.filter((one) => one.device === full || one.account === full)
  const facts: [string, string][] = [
    ["First seen", exact(row.first)],
    ["Heard of", exact(row.learned)],
    ["Seen beside", plural(row.degree, "identifier")],
    [
      "Trails",
      trails.map((one) => `${one.source} (${plural(one.events, "event")})`).join(", ") || "none of its own",
    ],
  ]
  if (!row.established) facts.push(["Only named", "by an alias: no event carried it yet"])
  if (node.id === answer.id)
    facts.push(["Named after it", "part the others from it, it cannot be parted from itself"])
  return (
    <dl className={css.facts}>
      {facts.map(([name, told]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{told}</dd>
        </div>
      ))}
    </dl>
  )
}

function Pieces({ links }: { links: readonly Link[] }) {
  return (
    <>
      <ul className={css.pieces}>
        {links.slice(0, SHOWN).map((link) => (
          <li key={`${link.how} ${link.a_id} ${link.b_id}`}>
            <p dir="auto">
              {how(link)} <span className="quiet">{exact(link.occurred)}</span>{" "}
              <span className={parts.pill} data-tone={link.state === "united" ? "accent" : undefined}>
                {became(link)}
              </span>
              {link.verified && <span className={parts.pill}>verified</span>}
            </p>
            <small dir="auto">
              {cut(link.a, 120)} — {cut(link.b, 120)}
              {link.why && ` · ${cut(link.why, 300)}`}
              {link.reason && ` · ${cut(link.reason, 300)}`}
              {link.event_id && (
                <>
                  {" "}
                  · event <code>{link.event_id}</code>, heard {exact(link.learned)}
                </>
              )}
            </small>
          </li>
        ))}
      </ul>
      {links.length > SHOWN && <p className="quiet">{count(links.length - SHOWN)} more in the table.</p>}
    </>
  )
}
