/** One gap: what makes its score, how its customers fared beside matched ones, and where to go on from here. */
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import type { Idea } from "@/api/ideas"
import { onMap } from "@/pages/understand/scope"
import { useWho } from "@/pages/understand/useAnalysis"
import { Button, buttonClass } from "@/parts/Button"
import { SidePanel } from "@/parts/SidePanel"
import { count, duration, plural, share, signed } from "@/text/format"
import { joined } from "@/text/list"
import css from "./gaps.module.css"
import { IdeaDialog } from "./IdeaDialog"
import { Between, bare, Feeling, titleOf, worthTold } from "./List"
import { type Gap, onMapOf, questionOf, type Shows, wordsOf } from "./model"
import { ABOUT, g, KINDS, type Kind } from "./text"

export function GapPanel({ gap, shows, onClose }: { gap: Gap; shows: Shows; onClose: () => void }) {
  const [, show] = useWho()
  const scope = onMap(shows)
  const focus = onMapOf(gap, shows)
  const [making, make] = useState(false)
  return (
    <SidePanel title={KINDS[gap.kind as Kind] ?? gap.kind} onClose={onClose}>
      <p className={css.panelTitle}>
        <Between gap={gap} />
      </p>
      <p className={css.sentence} dir="auto">
        {bare(gap.sentence)}
      </p>
      <p className={css.quiet}>{ABOUT[gap.kind as Kind]}</p>
      <div className={css.actions}>
        <Link
          to="/map"
          search={{ ...scope, ...focus, level: undefined } as never}
          className={buttonClass({ small: true, look: "primary" })}
        >
          {g("show")}
        </Link>
        <Button small onClick={() => show({ table: "gaps", kind: gap.kind, from: gap.from, to: gap.to })}>
          {g("who")}
        </Button>
        {focus.next && focus.next !== focus.focus && (
          <Link
            to="/funnels"
            search={{ ...scope, steps: joined([focus.focus, focus.next]) } as never}
            className={buttonClass({ small: true })}
          >
            {g("paths")}
          </Link>
        )}
        <Button small onClick={() => make(true)}>
          {g("ideaMake")}
        </Button>
      </div>
      {making && <IdeaDialog idea={ideaOf(gap, shows)} onClose={() => make(false)} />}
      <h3>{g("score")}</h3>
      <dl className={css.parts}>
        <Part
          told={
            gap.loss === null
              ? g("goalsLostNone")
              : g("goalsLost", { n: count(gap.customers), loss: share(Math.max(0, gap.loss), 1) })
          }
          value={gap.valueGoals}
        />
        <Part
          told={g("contactsMore", {
            n: count(gap.customers),
            more: Math.max(0, (gap.contacts ?? 0) - (gap.contactsMatched ?? 0)).toFixed(2),
            cost: shows.cost,
          })}
          value={gap.valueContacts}
        />
        <Part told={g("together")} value={gap.value} strong />
      </dl>
      <dl className={css.facts}>
        <Fact name={g("happened")}>
          {g("times", { count: count(gap.events), journeys: count(gap.journeys) })}
        </Fact>
        {gap.median !== null && <Fact name={g("typical")}>{duration(gap.median)}</Fact>}
        {gap.total !== null && <Fact name={g("total")}>{duration(gap.total)}</Fact>}
        {gap.elsewhere !== null && gap.chance !== null && (
          <>
            <Fact name={g("leftHere")}>{share(gap.chance, 1)}</Fact>
            <Fact name={g("leftElsewhere")}>{share(gap.elsewhere, 1)}</Fact>
          </>
        )}
      </dl>
      {gap.n !== null && gap.matched !== null && (
        <>
          <h3>{g("compared")}</h3>
          <p className={css.quiet}>
            {gap.kind === "dead_end"
              ? g("comparedEnds")
              : g("comparedAbout", { matched: count(gap.matched), n: plural(gap.n, "customer") })}
          </p>
          <table className={css.matched}>
            <thead>
              <tr>
                <td />
                <th scope="col">{g("withGap")}</th>
                <th scope="col">{g("without")}</th>
                <th scope="col">{g("difference")}</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{g("reached")}</th>
                <td>{gap.goal === null ? g("nothing") : share(gap.goal)}</td>
                <td>{gap.goalMatched === null ? g("nothing") : share(gap.goalMatched)}</td>
                <td>{gap.loss === null ? g("nothing") : signed(-gap.loss * 100)}</td>
              </tr>
              <tr>
                <th scope="row">{g("contacts")}</th>
                <td>{gap.contacts?.toFixed(2) ?? g("nothing")}</td>
                <td>{gap.contactsMatched?.toFixed(2) ?? g("nothing")}</td>
                <td>
                  {gap.contacts === null || gap.contactsMatched === null
                    ? g("nothing")
                    : signed(gap.contacts - gap.contactsMatched, 2)}
                </td>
              </tr>
              <tr>
                <th scope="row">{g("felt")}</th>
                <td>{gap.emotion === null ? g("nothing") : signed(gap.emotion, 2)}</td>
                <td>{gap.emotionMatched === null ? g("nothing") : signed(gap.emotionMatched, 2)}</td>
                <td>
                  <Feeling value={gap.feels} low={gap.feelsLow} high={gap.feelsHigh} />
                </td>
              </tr>
            </tbody>
          </table>
        </>
      )}
      <p className={css.quiet}>{g("descriptive")}</p>
    </SidePanel>
  )
}

/** An idea with everything filled in that the gap tells. */
function ideaOf(gap: Gap, shows: Shows): Idea {
  const row = { table: "gaps", kind: gap.kind, from: gap.from, to: gap.to }
  const search = new URLSearchParams()
  for (const [word, value] of Object.entries(wordsOf({ ...shows, gap: row })))
    if (value) search.set(word, value)
  return {
    id: "",
    name: g("ideaNew", { kind: KINDS[gap.kind as Kind] ?? gap.kind, name: titleOf(gap) }),
    origin: { analysis: "gaps", question: questionOf(shows), row, address: `/gaps?${search}` },
    hypothesis: `${gap.sentence} ${g("ideaBelieved", {
      customers: plural(gap.customers, "customer"),
      goals: worthTold(gap.lostGoals ?? 0),
      contacts: worthTold(gap.moreContacts ?? 0),
    })}`,
    value: gap.value === null ? null : Number(gap.value.toFixed(2)),
    status: "open",
    owner: "",
  }
}

function Part({ told, value, strong = false }: { told: string; value: number | null; strong?: boolean }) {
  return (
    <div data-strong={strong || undefined}>
      <dt>{told}</dt>
      <dd className="num">{value === null ? g("nothing") : worthTold(value)}</dd>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  )
}
