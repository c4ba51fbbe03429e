/** Every place customers meet the company: what is heard there, what it is called, and what still waits for a name. */
import { Link } from "@tanstack/react-router"
import { Layers, Plus } from "lucide-react"
import { useMemo, useState } from "react"
import { useWords } from "@/app/search"
import { Button, buttonClass } from "@/parts/Button"
import { channel } from "@/parts/channel"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { Empty, Failed, Loading } from "@/parts/States"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import { type Catalogue as All, useCatalogue, useRelabeling } from "./asked"
import { Catalogue } from "./Catalogue"
import { Editor, type Subject } from "./Editor"
import { type Asked, type Column, narrowed, type Show, sorted } from "./model"
import { Selection } from "./Selection"
import { StageDrag } from "./StageDrag"
import { Stages } from "./Stages"
import { text } from "./text"
import css from "./touchpoints.module.css"

const SHOWS: readonly Show[] = ["all", "unnamed", "never", "stopped"]
const COLUMNS: readonly Column[] = [
  "touchpoint",
  "channel",
  "stage",
  "group",
  "customers",
  "events",
  "emotion",
  "last",
]

export function Page() {
  const { data, error, again } = useCatalogue()
  const [words, change] = useWords()
  const known = data !== undefined
  return (
    <PageFrame
      title={text.title}
      controls={data && <Summary all={data} />}
      actions={
        known && (
          <>
            <Button onClick={() => change({ edit: undefined, stages: "1" })}>
              <Layers size={14} aria-hidden="true" /> {text.stages}
            </Button>
            <Button look="primary" onClick={() => change({ edit: undefined, new: "1" })}>
              <Plus size={14} aria-hidden="true" /> {text.add}
            </Button>
          </>
        )
      }
    >
      {error && !data ? (
        <Failed error={error} retry={again} />
      ) : !data ? (
        <Loading lines={12} />
      ) : (
        <Everything all={data} />
      )}
      {data && words.stages === "1" && (
        <Stages catalogue={data} onClose={() => change({ stages: undefined }, { replace: true })} />
      )}
    </PageFrame>
  )
}

function Summary({ all }: { all: All }) {
  const unnamed = all.rows.filter((row) => row.mark === "unnamed").length
  return (
    <span className="quiet num">
      {filled(unnamed ? text.summary : text.summaryNamed, {
        all: count(all.rows.length),
        unnamed: count(unnamed),
      })}
    </span>
  )
}

function Everything({ all }: { all: All }) {
  const [words, change] = useWords()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const asked: Asked = {
    show: SHOWS.find((one) => one === words.show) ?? "all",
    channel: words.channel ?? "",
    stage: words.stage ?? "",
    text: words.q ?? "",
  }
  const [name, way] = (words.sort ?? "customers.down").split(".")
  const column = COLUMNS.find((one) => one === name) ?? "customers"
  const down = way === "down"
  const { show, channel: on, stage, text: typed } = asked
  const rows = useMemo(() => {
    const order = all.stages.map((one) => one.id)
    return sorted(narrowed(all.rows, { show, channel: on, stage, text: typed }), column, down, order)
  }, [all, show, on, stage, typed, column, down])
  const stages = useMemo(() => new Map(all.stages.map((one) => [one.id, one.name])), [all.stages])
  const chosen = all.rows.filter((row) => selected.has(row.touchpoint))
  const open = (id: string) => change({ edit: id, new: undefined })

  if (!all.rows.length) return <Nowhere />
  return (
    <div className={css.page}>
      <Relabeling />
      {chosen.length ? (
        <Selection
          rows={chosen}
          catalogue={all}
          onName={(ids) => change({ new: undefined, edit: undefined, places: ids.join("\n") })}
          onClear={() => setSelected(new Set())}
        />
      ) : (
        <Narrowing all={all} asked={asked} onChange={change} />
      )}
      <div className={css.list}>
        {rows.length ? (
          <StageDrag catalogue={all} selected={selected} onMoved={() => setSelected(new Set())}>
            <Catalogue
              rows={rows}
              sort={{ column, down }}
              selected={selected}
              stageName={(id) => stages.get(id) ?? id}
              onSort={(to, falling) =>
                change({ sort: `${to}.${falling ? "down" : "up"}` }, { replace: true })
              }
              onSelect={setSelected}
              onOpen={open}
            />
          </StageDrag>
        ) : (
          <Empty
            title={text.noneTitle}
            actions={
              <Button
                onClick={() =>
                  change({ show: undefined, channel: undefined, stage: undefined, q: undefined })
                }
              >
                {text.clear}
              </Button>
            }
          >
            {asked.show === "unnamed" ? text.noneUnnamed : text.none}
          </Empty>
        )}
      </div>
      <Editing
        all={all}
        onClose={() => {
          setSelected(new Set())
          change({ edit: undefined, new: undefined, places: undefined }, { replace: true })
        }}
      />
    </div>
  )
}

/** The panel, when the address asks for one. */
function Editing({ all, onClose }: { all: All; onClose: () => void }) {
  const [words] = useWords()
  const subject = useMemo((): Subject | null => {
    if (words.new === "1") return { kind: "new" }
    if (words.places) return { kind: "places", ids: words.places.split("\n") }
    if (!words.edit) return null
    if (all.entries.has(words.edit)) return { kind: "known", id: words.edit }
    return { kind: "places", ids: [words.edit] }
  }, [words.new, words.places, words.edit, all.entries])
  return subject && <Editor subject={subject} catalogue={all} onClose={onClose} />
}

function Narrowing(props: {
  all: All
  asked: Asked
  onChange: (change: Record<string, string | undefined>, how?: { replace?: boolean }) => void
}) {
  const { all, asked, onChange } = props
  const how = (show: Show) =>
    all.rows.filter((row) => row.mark === show || (show === "unnamed" && row.mark === "draft")).length
  return (
    <div className={`${css.narrowing} ${parts.strip}`}>
      <Segmented
        label={text.show}
        value={asked.show}
        choices={SHOWS.map((value) => ({
          value,
          label: value === "all" ? text.all : `${text[value]} ${count(how(value))}`,
        }))}
        onChange={(show) => onChange({ show: show === "all" ? undefined : show })}
      />
      <select
        aria-label={text.channel}
        value={asked.channel}
        onChange={(event) => onChange({ channel: event.target.value || undefined })}
      >
        <option value="">{text.anyChannel}</option>
        {all.channels.map((id) => (
          <option key={id} value={id}>
            {channel(id).label}
          </option>
        ))}
      </select>
      <select
        aria-label={text.stage}
        value={asked.stage}
        onChange={(event) => onChange({ stage: event.target.value || undefined })}
      >
        <option value="">{text.anyStage}</option>
        {all.stages.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
        <option value="-">{text.noStage}</option>
      </select>
      <input
        className={parts.input}
        type="search"
        value={asked.text}
        placeholder={text.find}
        aria-label={text.find}
        onChange={(event) => onChange({ q: event.target.value || undefined }, { replace: true })}
      />
    </div>
  )
}

function Relabeling() {
  const job = useRelabeling()
  if (!job) return null
  const total = Math.max(job.total, job.done, 1)
  return (
    <div className={css.relabeling} role="status">
      <span>{text.relabeling}</span>
      <progress value={job.done} max={total} aria-label={text.relabeling} />
      <span className="quiet num">{filled(text.progress, { done: count(job.done), all: count(total) })}</span>
    </div>
  )
}

function Nowhere() {
  return (
    <Empty
      title={text.emptyTitle}
      actions={
        <Link to="/start" className={buttonClass({ look: "primary" })}>
          {text.start}
        </Link>
      }
    >
      {text.empty}
    </Empty>
  )
}
