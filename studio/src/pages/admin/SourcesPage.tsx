/** The systems that send events: what each is called, how its events are read, and how to send as it. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { useWords } from "@/app/search"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelIcon, channel } from "@/parts/channel"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Empty } from "@/parts/States"
import { Table } from "@/parts/Table"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import { Asked } from "./Asked"
import css from "./admin.module.css"
import { keys, sources } from "./asked"
import { SourcePanel } from "./SourcePanel"
import { gathered, type Source } from "./source"
import { text } from "./text"

const words = text.sources

export function Page() {
  const [search, change] = useWords()
  const asked = useQuery(sources)
  const told = useQuery(keys)
  const rows = gathered(asked.data?.data ?? [], told.data?.data ?? [])
  const creating = search.create !== undefined
  const chosen = creating ? undefined : rows.find((one) => one.id === search.source)
  const open = creating || search.source !== undefined
  return (
    <PageFrame
      title={words.title}
      actions={
        <Button look="primary" onClick={() => change({ create: "source", source: undefined })}>
          <Plus size={15} aria-hidden="true" /> {words.add}
        </Button>
      }
    >
      <Asked asked={asked} what="reading the sources">
        <div className={open ? css.split : undefined} style={{ minHeight: "100%", height: "100%" }}>
          <div className={css.wraps}>
            {rows.length === 0 ? (
              <Empty
                title={words.empty}
                actions={
                  <Link to="/start" className={buttonClass({})}>
                    First steps
                  </Link>
                }
              >
                {words.emptyBody}
              </Empty>
            ) : (
              <SourceTable rows={rows} open={search.source} />
            )}
          </div>
          {open && (
            <SourcePanel
              key={chosen?.id ?? search.source ?? ""}
              one={chosen}
              fresh={creating}
              wanted={search.source ?? ""}
              onClose={() => change({ source: undefined, create: undefined })}
            />
          )}
        </div>
      </Asked>
    </PageFrame>
  )
}

function SourceTable({ rows, open }: { rows: Source[]; open: string | undefined }) {
  const [, change] = useWords()
  return (
    <Table>
      <caption className="sr-only">{words.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.columns.source}</th>
          <th scope="col">{words.columns.channel}</th>
          <th scope="col" className={parts.right}>
            {words.columns.keys}
          </th>
          <th scope="col">{words.columns.limits}</th>
          <th scope="col">{words.columns.state}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.id} className={one.id === open ? css.chosen : undefined}>
            <td>
              <button
                type="button"
                className={css.rowlink}
                aria-expanded={one.id === open}
                onClick={() => change({ source: one.id, create: undefined })}
              >
                <span className={css.two}>
                  <span dir="auto">{one.name || one.id}</span>
                  {one.name && <small className={css.mono}>{one.id}</small>}
                </span>
              </button>
            </td>
            <td>
              <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
                <ChannelIcon id={one.channel} /> {channel(one.channel).label}
              </span>
            </td>
            <td className={parts.right}>{count(one.keys.length)}</td>
            <td>{one.limits === 0 ? words.usual : filled(words.own, { count: count(one.limits) })}</td>
            <td>
              {one.described ? (
                <>
                  {one.published && <span className={parts.pill}>{words.published}</span>}{" "}
                  {one.drafted && (
                    <span className={parts.pill} data-tone="accent">
                      {words.draft}
                    </span>
                  )}
                </>
              ) : (
                <span className="quiet">{words.unnamed}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
