/** The table of touchpoints: sorted, narrowed, some of them selected. */
import { ArrowDown, ArrowUp } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { Button } from "@/parts/Button"
import { ChannelIcon, channel, touchpointLabel } from "@/parts/channel"
import { Moment } from "@/parts/Moment"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { count, signed } from "@/text/format"
import { filled } from "@/text/t"
import type { Column, Mark, Row } from "./model"
import { Grip } from "./StageDrag"
import { text } from "./text"
import css from "./touchpoints.module.css"

const PAGE = 200
const COLUMNS: { id: Column; right?: boolean }[] = [
  { id: "touchpoint" },
  { id: "channel" },
  { id: "stage" },
  { id: "group" },
  { id: "customers", right: true },
  { id: "events", right: true },
  { id: "emotion", right: true },
  { id: "last", right: true },
]
const MARKS: Record<Exclude<Mark, "">, { label: string; tone: string; why?: string }> = {
  unnamed: { label: text.markUnnamed, tone: "accent" },
  draft: { label: text.markDraft, tone: "accent" },
  never: { label: text.markNever, tone: "", why: text.neverWhy },
  stopped: { label: text.markStopped, tone: "worse", why: text.stoppedWhy },
}

export interface CatalogueProps {
  rows: Row[]
  sort: { column: Column; down: boolean }
  selected: ReadonlySet<string>
  stageName: (id: string) => string
  onSort: (column: Column, down: boolean) => void
  onSelect: (ids: ReadonlySet<string>) => void
  onOpen: (id: string) => void
}

export function Catalogue(props: CatalogueProps) {
  const { rows, sort, selected } = props
  const [shown, setShown] = useState(PAGE)
  const all = rows.length > 0 && rows.every((row) => selected.has(row.touchpoint))
  const some = !all && rows.some((row) => selected.has(row.touchpoint))
  const toggle = (ids: readonly string[], on: boolean) => {
    const next = new Set(selected)
    for (const id of ids) on ? next.add(id) : next.delete(id)
    props.onSelect(next)
  }
  return (
    <>
      <Table className={css.table}>
        <thead>
          <tr>
            <th className={css.check}>
              <Check
                label={text.selectAll}
                on={all}
                some={some}
                onChange={(on) =>
                  toggle(
                    rows.map((row) => row.touchpoint),
                    on,
                  )
                }
              />
            </th>
            {COLUMNS.map(({ id, right }) => {
              const mine = sort.column === id
              const Arrow = sort.down ? ArrowDown : ArrowUp
              return (
                <th
                  key={id}
                  scope="col"
                  className={right ? parts.right : undefined}
                  aria-sort={mine ? (sort.down ? "descending" : "ascending") : undefined}
                >
                  <button
                    type="button"
                    className={css.sort}
                    onClick={() => props.onSort(id, mine ? !sort.down : right === true)}
                  >
                    {text[id]}
                    {mine && <Arrow size={12} aria-hidden="true" />}
                  </button>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <tr key={row.touchpoint} data-selected={selected.has(row.touchpoint) || undefined}>
              <td className={css.check}>
                <Check
                  label={filled(text.select, { name: row.touchpoint })}
                  on={selected.has(row.touchpoint)}
                  onChange={(on) => toggle([row.touchpoint], on)}
                />
              </td>
              <td className={css.name} title={row.touchpoint}>
                <span>
                  <Grip touchpoint={row.touchpoint} />
                  <button type="button" className={css.open} onClick={() => props.onOpen(row.touchpoint)}>
                    {touchpointLabel(row.touchpoint)}
                  </button>
                  {row.mark && (
                    <span className={parts.pill} data-tone={MARKS[row.mark].tone} title={MARKS[row.mark].why}>
                      {MARKS[row.mark].label}
                    </span>
                  )}
                </span>
              </td>
              <td>
                <span className={css.channel}>
                  <ChannelIcon id={row.channel} size={15} />
                  {channel(row.channel).label}
                </span>
              </td>
              <td>{props.stageName(row.stage) || <Dash />}</td>
              <td>{row.group || <Dash />}</td>
              <td className={parts.right}>{row.customers ? count(row.customers) : <Dash />}</td>
              <td className={parts.right}>{row.events ? count(row.events) : <Dash />}</td>
              <td className={parts.right}>
                <Feeling row={row} />
              </td>
              <td className={parts.right}>
                <Moment at={row.last} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {rows.length > shown && (
        <p className={css.more}>
          <Button onClick={() => setShown(shown + PAGE)}>
            {filled(text.more, { count: Math.min(PAGE, rows.length - shown), all: count(rows.length) })}
          </Button>
        </p>
      )}
    </>
  )
}

function Dash() {
  return <span className="quiet">–</span>
}

/** How people felt, −2 to +2, with its sign; few answers are told quietly. */
function Feeling({ row }: { row: Row }) {
  if (row.emotion === null)
    return (
      <span className="quiet" title={text.emotionNone}>
        –
      </span>
    )
  const felt = Math.round(row.emotion * 10)
  return (
    <span
      className={css.feeling}
      data-tone={row.answers < 30 || felt === 0 ? "few" : felt > 0 ? "better" : "worse"}
      title={filled(text.emotionWhy, { n: count(row.answers) })}
    >
      {signed(row.emotion, 1)}
    </span>
  )
}

function Check(props: { label: string; on: boolean; some?: boolean; onChange: (on: boolean) => void }) {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (box.current) box.current.indeterminate = props.some ?? false
  }, [props.some])
  return (
    <label className={css.box}>
      <input
        ref={box}
        type="checkbox"
        checked={props.on}
        aria-label={props.label}
        onChange={(event) => props.onChange(event.target.checked)}
      />
    </label>
  )
}
