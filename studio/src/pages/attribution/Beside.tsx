/** What to keep in mind beside the credit: how far models are apart, and that touchpoints summed up are not channels. */
import type { Answer } from "@/api/analyses"
import { Button } from "@/parts/Button"
import { ChannelDot, channel } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { share } from "@/text/format"
import css from "./attribution.module.css"
import { a, MODELS } from "./text"

export function Apart({ answer }: { answer: Answer }) {
  const rows = answer.tables.disagreement?.rows ?? []
  const models = Object.keys(MODELS).filter((one) =>
    rows.some(({ model, other }) => model === one || other === one),
  )
  if (!models.length) return null
  const apart = (one: string, two: string) =>
    Number(
      rows.find(({ model, other }) => (model === one && other === two) || (model === two && other === one))
        ?.apart ?? 0,
    )
  return (
    <section className={parts.card} aria-labelledby="apart">
      <h2 id="apart">{a("apart")}</h2>
      <p className={parts.note}>{a("apartAbout")}</p>
      <div className={parts.scroll}>
        <table className={css.matrix}>
          <thead>
            <tr>
              <td />
              {models.map((one) => (
                <th key={one} scope="col">
                  {MODELS[one]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {models.map((one) => (
              <tr key={one}>
                <th scope="row">{MODELS[one]}</th>
                {models.map((two) => (
                  <td
                    key={two}
                    className="num"
                    style={{ "--full": `${Math.round(apart(one, two) * 60)}%` } as React.CSSProperties}
                  >
                    {one === two ? "" : share(apart(one, two))}
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

export function Channels({ answer, level, onLevel }: { answer: Answer; level: string; onLevel: () => void }) {
  const rows = answer.tables.channels?.rows ?? []
  if (!rows.length || level === "channel") return null
  const told = (value: unknown) => (typeof value === "number" ? share(value) : "–")
  return (
    <section className={parts.card} aria-labelledby="granularity">
      <h2 id="granularity">
        <span aria-hidden="true">△ </span>
        {a("granularity")}
      </h2>
      <p className={parts.note}>{a("granularityAbout")}</p>
      <div className={parts.scroll}>
        <Table className={css.channels}>
          <thead>
            <tr>
              <th scope="col">{a("channel")}</th>
              {["markov", "shapley"].flatMap((model) =>
                (["summed", "asOne"] as const).map((one) => (
                  <th key={`${model} ${one}`} scope="col" className={parts.right}>
                    {MODELS[model]}
                    <small>{a(one)}</small>
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={String(row.channel)}>
                <th scope="row">
                  <ChannelDot id={String(row.channel)} size={8} /> {channel(String(row.channel)).label}
                </th>
                <td className={parts.right}>{told(row.markov_summed)}</td>
                <td className={parts.right}>{told(row.markov)}</td>
                <td className={parts.right}>{told(row.shapley_summed)}</td>
                <td className={parts.right}>{told(row.shapley)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
      <Button small onClick={onLevel}>
        {a("ask")}
      </Button>
    </section>
  )
}
