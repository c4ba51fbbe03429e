/** What the hub does besides hearing: how far it is, how long it took, and what failed. Looks again by itself. */
import { useQuery } from "@tanstack/react-query"
import { Moment } from "@/parts/Moment"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { count, duration } from "@/text/format"
import { filled } from "@/text/t"
import { Listed } from "./Asked"
import css from "./admin.module.css"
import { type Job, jobs } from "./asked"
import { text } from "./text"

const words = text.jobs
const BUSY = 1_000
const IDLE = 5_000

export function Page() {
  const asked = useQuery({
    ...jobs,
    refetchInterval: ({ state }) => (state.data?.data.some((one) => !one.ended) ? BUSY : IDLE),
  })
  const rows = asked.data?.data ?? []
  return (
    <PageFrame
      title={words.title}
      actions={
        <span className="quiet">
          {filled(words.refreshed, { seconds: (rows.some((one) => !one.ended) ? BUSY : IDLE) / 1000 })}
        </span>
      }
    >
      <Listed
        asked={asked}
        what="asking for the work"
        rows={rows}
        empty={{ title: words.empty, body: words.emptyBody }}
        caption={words.caption}
        columns={Object.values(words.columns)}
        row={(one) => <Row key={one.name} job={one} />}
        note={words.node}
      />
    </PageFrame>
  )
}

function Row({ job }: { job: Job }) {
  const state = job.error ? "failed" : job.ended ? "done" : "running"
  const end = job.ended ? new Date(job.ended).getTime() : Date.now()
  const name = words.names[job.name] ?? job.name
  return (
    <tr>
      <td>{name}</td>
      <td>
        <Progress job={job} name={name} />
      </td>
      <td className={css.narrow}>
        <Moment at={job.began} />
      </td>
      <td className={`num ${css.narrow}`}>
        {job.began ? duration((end - new Date(job.began).getTime()) / 1000) : text.notYet}
      </td>
      <td className={css.wide}>
        <span
          className={parts.pill}
          data-tone={state === "failed" ? "worse" : state === "running" ? "accent" : undefined}
        >
          {words[state]}
        </span>{" "}
        {job.error}
      </td>
    </tr>
  )
}

function Progress({ job, name }: { job: Job; name: string }) {
  const unit = words.units[job.unit] ?? job.unit
  if (!job.total)
    return (
      <span className="num quiet">
        {job.done ? filled(words.soFar, { done: count(job.done), unit }) : text.notYet}
      </span>
    )
  return (
    <span className={css.progress}>
      <progress value={job.done} max={job.total} aria-label={name} />
      <span className="num quiet">
        {filled(words.of, { done: count(job.done), total: count(job.total), unit })}
      </span>
    </span>
  )
}
