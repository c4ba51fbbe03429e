/** One segment: what it is called, its rule with live numbers, what it shares with another, and what it was before. */

import { Link } from "@tanstack/react-router"
import { Redo2, Undo2 } from "lucide-react"
import { useEffect, useMemo, useRef, useState } from "react"
import { why } from "@/api/client"
import { publish } from "@/api/documents"
import { useKeys } from "@/app/keyboard"
import { Button, buttonClass } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import { count, share } from "@/text/format"
import { idFor } from "@/text/id"
import { type Tried, useTried } from "./asked"
import { Builder, Problems } from "./Builder"
import { History } from "./History"
import { Overlap } from "./Overlap"
import { Publish } from "./Publish"
import { grouped, type Rule } from "./rule"
import css from "./segments.module.css"
import { s } from "./text"

export interface Draft {
  name: string
  rule: Rule
}

export interface EditorProps {
  /** "" while it has no id yet. */
  id: string
  /** In force, or the newest draft; what the editor begins with when the address holds no change. */
  saved: Draft | null
  inForce: boolean
  draft: Draft | null
  taken: ReadonlySet<string>
  other: string
  onDraft: (draft: Draft | null) => void
  onOther: (id: string) => void
  onMake: (name: string, rule: Rule) => void
  onPublished: (id: string) => void
}

const BLANK: Draft = { name: "", rule: { all: [] } }
const SAME = 500

export function Editor(props: EditorProps) {
  const { id, saved, inForce, taken, onDraft } = props
  const start = useMemo(() => saved ?? BLANK, [saved])
  const [now, setNow] = useState(() => shown(props.draft ?? start))
  const past = usePast(now, (to) => setNow(to))
  const changed = JSON.stringify(shown(start)) !== JSON.stringify(now)
  const tell2 = useRef(onDraft)
  tell2.current = onDraft
  useEffect(() => {
    const timer = setTimeout(() => tell2.current(changed ? now : null), SAME)
    return () => clearTimeout(timer)
  }, [now, changed])
  const [asking, ask] = useState<"publish" | "retire" | "">("")
  const known = useTried(now.rule, id)
  const { tried } = known
  const own = id || idFor(now.name, taken, "segment")
  const set = (to: Draft) => {
    past.keep(now)
    setNow(to)
  }
  const retire = async () => {
    try {
      tell(s("retired", { name: now.name }), await publish("segment", [], { retired: [id] }))
      props.onPublished("")
    } catch (error) {
      failed(error)
    }
  }
  return (
    <div className={css.editor}>
      <div className={css.title}>
        <input
          className={css.name}
          aria-label={s("name")}
          placeholder={s("namePlaceholder")}
          dir="auto"
          value={now.name}
          onChange={(event) => set({ ...now, name: event.target.value })}
        />
        <span className={css.state}>
          <code title={s("id")}>{own}</code>
          <span className={parts.pill} data-tone={changed || !inForce ? "accent" : "better"}>
            {changed || !inForce ? s("changed") : s("inForce")}
          </span>
        </span>
        <Button
          small
          icon
          look="quiet"
          disabled={!past.back}
          aria-label={s("undo")}
          title={s("undo")}
          onClick={past.undo}
        >
          <Undo2 size={15} />
        </Button>
        <Button
          small
          icon
          look="quiet"
          disabled={!past.forth}
          aria-label={s("redo")}
          title={s("redo")}
          onClick={past.redo}
        >
          <Redo2 size={15} />
        </Button>
        {changed && saved && (
          <Button small look="quiet" onClick={() => set(shown(start))}>
            {s("discard")}
          </Button>
        )}
        <Button
          look="primary"
          disabled={!now.name.trim() || !tried?.ok || known.busy || (!changed && inForce)}
          onClick={() => ask("publish")}
        >
          {s("publish")}
        </Button>
      </div>
      <Statement tried={tried} busy={known.busy} error={known.error} />
      <Builder rule={now.rule} tried={tried} busy={known.busy} onChange={(rule) => set({ ...now, rule })} />
      {tried && !tried.ok && (
        <Problems
          list={(tried.problems ?? []).filter((one) => !one.startsWith("rule.") && !one.startsWith("rule:"))}
        />
      )}
      {inForce && (
        <>
          <div className={css.links}>
            <Link to="/customers" search={{ segment: id }} className={buttonClass({ small: true })}>
              {s("showCustomers")}
            </Link>
            <Link to="/map" search={{ segment: id }} className={buttonClass({ small: true })}>
              {s("showMap")}
            </Link>
            <Button small look="quiet" onClick={() => ask("retire")}>
              {s("retire")}
            </Button>
          </div>
          <Overlap id={id} other={props.other} onOther={props.onOther} onMake={props.onMake} />
        </>
      )}
      {id && <History id={id} name={now.name} onDone={() => props.onPublished(id)} />}
      {asking === "publish" && tried && (
        <Publish
          id={own}
          name={now.name.trim()}
          rule={now.rule}
          customers={tried.customers}
          onClose={() => ask("")}
          onDone={() => props.onPublished(own)}
        />
      )}
      <Dialog
        open={asking === "retire"}
        onClose={() => ask("")}
        title={s("retireTitle", { name: now.name })}
        about={s("retireAbout")}
        actions={
          <>
            <Button onClick={() => ask("")}>{s("cancel")}</Button>
            <Button look="danger" onClick={() => void retire()}>
              {s("retire")}
            </Button>
          </>
        }
      />
    </div>
  )
}

/** A draft as the builder shows it: one condition stands in a group, so that others can join it. */
const shown = (draft: Draft): Draft => ({ name: draft.name, rule: grouped(draft.rule) })

/** The sentence of the rule, and how many fit it. */
function Statement({ tried, busy, error }: { tried: Tried | undefined; busy: boolean; error: unknown }) {
  if (error && !tried) return <p role="alert">{`${s("lost")}: ${why(error)}`}</p>
  return (
    <div className={css.statement} data-busy={busy || undefined} aria-live="polite">
      {tried?.ok ? (
        <>
          <p className={css.big}>
            <strong className="num">
              {tried.exact ? "" : "≈ "}
              {count(tried.customers)}
            </strong>{" "}
            <span>{s(tried.customers === 1 ? "fits" : "fit")}</span>
          </p>
          <p className={parts.note}>
            {s("ofAll", {
              share: share(tried.judged ? tried.matched / tried.judged : 0, 1),
              of: count(tried.of),
            })}
            {", "}
            {tried.exact ? s("counted") : s("estimate", { judged: count(tried.judged), of: count(tried.of) })}
          </p>
          <p className={css.words} dir="auto">
            {tried.words}
          </p>
        </>
      ) : (
        <p className={css.big}>
          <span>{tried ? s("notYet") : s("counting")}</span>
        </p>
      )}
    </div>
  )
}

interface Past {
  back: boolean
  forth: boolean
  keep: (draft: Draft) => void
  undo: () => void
  redo: () => void
}

/** What was written before, step by step; keys typed quickly one after another are one step. */
function usePast(now: Draft, show: (draft: Draft) => void): Past {
  const [before, setBefore] = useState<readonly Draft[]>([])
  const [after, setAfter] = useState<readonly Draft[]>([])
  const kept = useRef(0)
  const undo = () => {
    const last = before.at(-1)
    if (!last) return
    setBefore(before.slice(0, -1))
    setAfter([...after, now])
    kept.current = 0
    show(last)
  }
  const redo = () => {
    const next = after.at(-1)
    if (!next) return
    setAfter(after.slice(0, -1))
    setBefore([...before, now])
    kept.current = 0
    show(next)
  }
  useKeys((event) => {
    if (event.key === "u") undo()
  })
  const keep = (draft: Draft) => {
    const quick = Date.now() - kept.current < SAME
    kept.current = Date.now()
    if (!quick) setBefore((list) => [...list.slice(-99), draft])
    setAfter([])
  }
  return { back: before.length > 0, forth: after.length > 0, keep, undo, redo }
}
