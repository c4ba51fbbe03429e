/** A rule as nested groups of conditions, each with how many customers fit it. */
import { FolderPlus, Plus, X } from "lucide-react"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { count, share } from "@/text/format"
import type { Tried } from "./asked"
import { Condition } from "./Condition"
import { kindOf, useFresh } from "./conditions"
import { event } from "./conditions/event"
import { touchpoint } from "./conditions/touchpoint"
import { type Group, groupOf, leafOf, pathOf, problemsAt, type Rule, ruleOf } from "./rule"
import css from "./segments.module.css"
import { s } from "./text"

export function Builder(props: {
  rule: Rule
  onChange: (rule: Rule) => void
  tried: Tried | undefined
  busy: boolean
  path?: string
  onRemove?: () => void
}) {
  const { rule, onChange, tried, busy, path = "rule", onRemove } = props
  const fresh = useFresh()
  const group = groupOf(rule)
  if (!group) return null
  const set = (change: Partial<Group>) => onChange(ruleOf({ ...group, ...change }))
  const paths = group.inner.map((_, at) => pathOf(group, path, at))
  return (
    <fieldset className={css.group} data-inner={onRemove ? true : undefined}>
      <legend className="sr-only">{s("how")}</legend>
      <div className={css.join}>
        <select
          aria-label={s("how")}
          value={`${group.not ? "not" : ""}${group.join}`}
          onChange={(event) => {
            const not = event.target.value.startsWith("not")
            set({ not, join: event.target.value.endsWith("any") ? "any" : "all" })
          }}
        >
          <option value="all">{s("all")}</option>
          <option value="any">{s("any")}</option>
          <option value="notall">{s("notAll")}</option>
          <option value="notany">{s("notAny")}</option>
        </select>
        {onRemove && <Fit path={path} tried={tried} busy={busy} />}
        {onRemove && <Remove what={s("group")} onRemove={onRemove} />}
      </div>
      {!group.inner.length && (
        <p className={parts.note}>{s(group.join === "all" ? "emptyAll" : "emptyAny")}</p>
      )}
      <ul>
        {group.inner.map((part, at) => {
          const here = paths[at] ?? path
          const change = (to: Rule) => set({ inner: group.inner.map((one, n) => (n === at ? to : one)) })
          const remove = () => set({ inner: group.inner.filter((_, n) => n !== at) })
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of a rule have no names; their place is what they are
            <li key={at}>
              {groupOf(part) ? (
                <Builder {...props} rule={part} path={here} onChange={change} onRemove={remove} />
              ) : (
                <>
                  <div className={css.row}>
                    <Condition rule={part} onChange={change} />
                    <Fit path={here} tried={tried} busy={busy} />
                    <Remove what={toldOf(part)} onRemove={remove} />
                  </div>
                  <Problems list={problemsAt(tried?.problems ?? [], here, [])} />
                </>
              )}
            </li>
          )
        })}
      </ul>
      <Problems list={problemsAt(tried?.problems ?? [], path, paths)} />
      <div className={css.adding}>
        <Button small onClick={() => set({ inner: [...group.inner, fresh(event)] })}>
          <Plus size={14} aria-hidden="true" />
          {s("add")}
        </Button>
        <Button
          small
          look="quiet"
          onClick={() =>
            set({
              inner: [...group.inner, { [group.join === "all" ? "any" : "all"]: [fresh(touchpoint)] }],
            })
          }
        >
          <FolderPlus size={14} aria-hidden="true" />
          {s("addGroup")}
        </Button>
      </div>
    </fieldset>
  )
}

function Remove({ what, onRemove }: { what: string; onRemove: () => void }) {
  return (
    <button type="button" className={css.remove} aria-label={s("remove", { what })} onClick={onRemove}>
      <X size={15} aria-hidden="true" />
    </button>
  )
}

/** What a condition is about, shortly. */
function toldOf(rule: Rule): string {
  const { leaf } = leafOf(rule)
  const kind = kindOf(leaf)
  return kind ? `${kind.label} ${String(leaf[kind.field])}` : s("written")
}

/** How many fit a part by itself and, where all must hold, how many are left after it. */
function Fit({ path, tried, busy }: { path: string; tried: Tried | undefined; busy: boolean }) {
  const part = tried?.ok ? tried.parts?.find((one) => one.path === path) : undefined
  if (!part || !tried) return <span className={css.fit} />
  const scale = tried.exact || !tried.judged ? 1 : tried.of / tried.judged
  const left = part.left ?? null
  const shown = left ?? part.customers
  return (
    <span className={css.fit} data-busy={busy || undefined} title={part.words}>
      <span className={css.meter} aria-hidden="true">
        <i style={{ width: `${(100 * part.customers) / Math.max(1, tried.judged)}%` }} />
        <b style={{ width: `${(100 * shown) / Math.max(1, tried.judged)}%` }} />
      </span>
      <span className="num">{s("alone", { count: count(part.customers * scale) })}</span>
      {left !== null && (
        <strong className="num" title={share(left / Math.max(1, tried.judged), 1)}>
          {s("left", { count: count(left * scale) })}
        </strong>
      )}
    </span>
  )
}

export function Problems({ list }: { list: readonly string[] }) {
  if (!list.length) return null
  return (
    <ul className={css.problems}>
      {list.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  )
}
