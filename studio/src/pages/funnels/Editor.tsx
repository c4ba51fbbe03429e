/** What a funnel asks: its steps, in what order, within what time, what voids it, and whom to tell apart. */
import { useQuery } from "@tanstack/react-query"
import { Plus, X } from "lucide-react"
import { segments } from "@/api/segments"
import { Chips } from "@/pages/understand/Chips"
import { u } from "@/pages/understand/text"
import shared from "@/pages/understand/understand.module.css"
import { Segmented } from "@/parts/Segmented"
import { MODES, type Shows, WINDOWS } from "./address"
import css from "./funnels.module.css"
import { Steps } from "./Steps"
import { f } from "./text"

export function Editor({ shows, set }: { shows: Shows; set: (change: Partial<Shows>) => void }) {
  return (
    <div className={css.editor}>
      <Steps steps={shows.steps} onChange={(steps) => set({ steps, drop: 0 })} />
      <section className={css.section}>
        <h2>{f("order")}</h2>
        <Segmented
          label={f("order")}
          value={shows.mode}
          choices={MODES.map((value) => ({ value, label: f(value) }))}
          onChange={(mode) => set({ mode })}
        />
        <small>{f(`${shows.mode}About`)}</small>
      </section>
      <section className={css.section}>
        <h2>{f("window")}</h2>
        <p className={css.within}>
          <select
            aria-label={f("window")}
            value={shows.window}
            onChange={(event) => set({ window: event.target.value })}
          >
            {!WINDOWS.some((one) => one === shows.window) && (
              <option value={shows.window}>{windowTold(shows.window)}</option>
            )}
            {WINDOWS.map((one) => (
              <option key={one} value={one}>
                {windowTold(one)}
              </option>
            ))}
          </select>
          {shows.window !== "none" && <small>{f("ofFirst")}</small>}
        </p>
      </section>
      <section className={css.section}>
        <h2>{f("exclude")}</h2>
        <Chips
          label={f("exclude")}
          add={f("addExclude")}
          list={shows.exclude}
          onChange={(exclude) => set({ exclude })}
        />
        {shows.exclude.length > 0 && <small>{f("excludeAbout")}</small>}
      </section>
      <Split split={shows.split} onChange={(split) => set({ split })} />
    </div>
  )
}

export function windowTold(window: string): string {
  if (window === "none") return f("noWindow")
  if (window === "1h") return f("hour")
  if (window === "1d") return f("day")
  return /^\d+d$/.test(window) ? f("days", { days: window.slice(0, -1) }) : window
}

function Split({
  split,
  onChange,
}: {
  split: readonly string[]
  onChange: (split: readonly string[]) => void
}) {
  const list = useQuery(segments).data?.data ?? []
  const rest = list.filter(({ id }) => !split.includes(id))
  if (!list.length && !split.length) return null
  return (
    <section className={css.section}>
      <h2>{f("split")}</h2>
      <div className={shared.chips}>
        {split.map((id) => {
          const name = list.find((one) => one.id === id)?.name ?? id
          return (
            <span key={id} className={shared.chip}>
              <span dir="auto">{name}</span>
              <button
                type="button"
                aria-label={u("remove", { name })}
                onClick={() => onChange(split.filter((one) => one !== id))}
              >
                <X size={13} aria-hidden="true" />
              </button>
            </span>
          )
        })}
        {rest.length > 0 && (
          <label className={css.splitter}>
            <Plus size={14} aria-hidden="true" />
            <select
              value=""
              aria-label={f("splitAdd")}
              onChange={(event) => event.target.value && onChange([...split, event.target.value])}
            >
              <option value="">{f("splitAdd")}</option>
              {rest.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </section>
  )
}
