/** A small Tideline for who only looks: asked for, loaded with its progress, and said to be there. */
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { toast } from "sonner"
import { api, type Schemas, told } from "@/api/client"
import { queries } from "@/api/queries"
import { sample } from "@/api/sample"
import { Button, buttonClass } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import css from "./start.module.css"
import { text } from "./text"

const LOOK_MS = 600

export function Sample() {
  const [asking, setAsking] = useState(false)
  const state = useQuery({
    ...sample,
    refetchInterval: (query) => (query.state.data?.state === "loading" ? LOOK_MS : false),
  })
  const load = useMutation({
    mutationFn: () => told(api.POST("/api/sample")),
    onSuccess: (data) => queries.setQueryData(sample.queryKey, data),
    onError: (error) => toast.error(filled(text.failed, { why: error.message })),
    onSettled: () => setAsking(false),
  })
  const now = state.data
  if (!now) return null
  const told_ = { customers: count(now.customers), days: now.days }
  const may = now.empty && now.state === "none"
  return (
    <section className={css.sample} aria-labelledby="sample">
      <h2 id="sample">{text.sampleTitle}</h2>
      {now.state === "loading" ? (
        <>
          <Progress />
          <Link to="/live" className={buttonClass({})}>
            {text.live}
          </Link>
        </>
      ) : now.state === "loaded" ? (
        <>
          <p role="status">{text.loaded}</p>
          <Link to="/map" className={buttonClass({ look: "primary" })}>
            {text.openMap}
          </Link>
        </>
      ) : (
        <>
          <p>{filled(text.sampleAbout, told_)}</p>
          <Button onClick={() => setAsking(true)} disabled={!may}>
            {text.sample}
          </Button>
          {!may && <p className="quiet">{text.sampleNot}</p>}
        </>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={text.askTitle}
        about={filled(text.ask, told_)}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>{text.no}</Button>
            <Button look="primary" onClick={() => load.mutate()} disabled={load.isPending}>
              {text.yes}
            </Button>
          </>
        }
      >
        <p className="quiet">{text.askAnew}</p>
      </Dialog>
    </section>
  )
}

function Progress() {
  const jobs = useQuery({
    queryKey: ["jobs", "sample"],
    queryFn: ({ signal }) => told(api.GET("/api/jobs", { signal })),
    refetchInterval: LOOK_MS,
  })
  const job = jobs.data?.data.find((one: Schemas["Job"]) => one.name === "sample")
  return (
    <>
      <p role="status">{text.loading}</p>
      {/* a demo fills the hub from outside: then nobody knows here how far it is */}
      <progress value={job?.done} max={job?.total || 1} aria-label={text.loading} />
      {job && job.total > 0 && (
        <p className="quiet num">{filled(text.days, { done: job.done, all: job.total })}</p>
      )}
      {job?.error && <p role="alert">{job.error}</p>}
    </>
  )
}
