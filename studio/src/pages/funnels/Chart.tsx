/** A funnel as bars: each as high as its share of those who began, between two the way over, below what became of the rest. */
import type { Answer, Row } from "@/api/analyses"
import { Customers } from "@/pages/understand/Number"
import { toldOf, usePlaces } from "@/pages/understand/places"
import shared from "@/pages/understand/understand.module.css"
import { ChannelIcon, channel } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { count, duration, share } from "@/text/format"
import type { Shows } from "./address"
import css from "./funnels.module.css"
import { type StepRow, stepsOf } from "./steps"
import { Times } from "./Times"
import { f } from "./text"

export function Chart(props: {
  answer: Answer
  shows: Shows
  names: ReadonlyMap<string, string>
  onDrop: (step: number) => void
}) {
  const { answer, shows, onDrop } = props
  const steps = stepsOf(answer)
  const columns = { "--steps": steps.length } as React.CSSProperties
  return (
    <div className={shared.stack}>
      <ol className={css.bars} style={columns} aria-label={f("chart")}>
        {steps.map((one, at) => (
          <Bar
            key={one.step}
            one={one}
            next={steps[at + 1]}
            shows={shows}
            open={shows.drop === one.step}
            onDrop={() => onDrop(shows.drop === one.step ? 0 : one.step)}
          />
        ))}
      </ol>
      {shows.split.length > 0 && <Segments {...props} />}
      {answer.totals.converted !== 0 && steps.length > 1 && <Times answer={answer} />}
    </div>
  )
}

const at = (what: string, step: number): Row => ({ table: "steps", step, what })

function Bar(props: {
  one: StepRow
  next: StepRow | undefined
  shows: Shows
  open: boolean
  onDrop: () => void
}) {
  const { one, next, shows, open, onDrop } = props
  const places = usePlaces()
  const told = toldOf(shows.mode === "any" ? "" : one.pattern, places)
  const label = shows.mode === "any" ? one.pattern : told.label
  const color = told.channel ? channel(told.channel).color : "var(--accent)"
  return (
    <li className={css.bar} style={{ "--fill": color } as React.CSSProperties}>
      <div className={css.head} title={one.pattern}>
        <span className={`${css.at} num`}>{one.step}</span>
        {told.channel && <ChannelIcon id={told.channel} size={15} />}
        <strong dir="auto">{label}</strong>
      </div>
      <div className={css.plot} aria-hidden="true">
        <div className={css.full}>
          <div className={css.fill} style={{ height: `${one.share * 100}%` }} />
          {next && one.customers > 0 && (
            <>
              <div
                className={css.waiting}
                style={{ height: `${(one.share * 100 * (next.customers + one.open)) / one.customers}%` }}
              />
              <div className={css.went} style={{ height: `${next.share * 100}%` }} />
            </>
          )}
        </div>
        {next && <div className={css.way} style={{ height: `${next.share * 100}%` }} />}
      </div>
      <div className={css.figures}>
        <p className={css.big}>
          <Customers
            value={one.customers}
            row={at("customers", one.step)}
            of={f("whoGot", { name: label })}
          />{" "}
          <span className="num">{share(one.share)}</span>
        </p>
        <p className={parts.note}>{f(one.step === 1 ? "began" : "ofBegan")}</p>
      </div>
      {next && (
        <div className={css.next}>
          <p className="num">
            <strong>{f("went", { share: share(next.ofPrevious ?? 0) })}</strong>
            {next.median !== null && <span>{f("median", { time: duration(next.median) })}</span>}
          </p>
          <button
            type="button"
            className={css.drop}
            aria-expanded={open}
            disabled={!one.dropped && !one.open}
            aria-label={`${count(one.dropped)} ${f("stopped")}: ${label}. ${f("instead")}`}
            onClick={onDrop}
          >
            <b className="num">{count(one.dropped)}</b> {f("stopped")}
            {one.late > 0 && <small>{f("late", { count: count(one.late) })}</small>}
          </button>
          {one.open > 0 && (
            <p className={css.open} title={f("openAbout")}>
              <Customers
                value={one.open}
                row={at("still_open", one.step)}
                of={f("whoOpen", { name: label })}
              />{" "}
              {f("open")}
            </p>
          )}
        </div>
      )}
    </li>
  )
}

/** A line for each segment: its share of those who began at each step. */
function Segments({
  answer,
  shows,
  names,
}: {
  answer: Answer
  shows: Shows
  names: ReadonlyMap<string, string>
}) {
  const places = usePlaces()
  const rows = stepsOf(answer, "segments")
  const everybody = stepsOf(answer)
  const lines = [
    { id: "", name: f("everybody"), steps: everybody },
    ...shows.split.map((id) => ({
      id,
      name: names.get(id) ?? id,
      steps: rows.filter(({ segment }) => segment === id),
    })),
  ]
  return (
    <section className={parts.card} aria-label={f("bySegment")}>
      <h2>{f("bySegment")}</h2>
      <p className={parts.note}>{f("ofStep1")}</p>
      <div className={parts.scroll}>
        <table className={css.segments}>
          <thead>
            <tr>
              <td />
              {everybody.map(({ step, pattern }) => (
                <th key={step} scope="col" title={pattern}>
                  {step} {shows.mode === "any" ? pattern : toldOf(pattern, places).label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map(({ id, name, steps }) => (
              <tr key={id} data-all={id === "" || undefined}>
                <th scope="row" dir="auto">
                  {name}
                </th>
                {steps.map((one) => (
                  <td key={one.step}>
                    <span className={css.line} aria-hidden="true">
                      <i style={{ width: `${one.share * 100}%` }} />
                    </span>
                    <span className="num">{share(one.share)}</span>{" "}
                    <small>
                      <Customers
                        value={one.customers}
                        row={
                          id
                            ? { table: "segments", segment: id, step: one.step, what: "customers" }
                            : at("customers", one.step)
                        }
                        of={f("inSegment", { what: f("whoGot", { name: one.pattern }), segment: name })}
                      />
                    </small>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
