/** Everybody who was heard of: found by any identifier, narrowed to a segment, opened with one click. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { ChevronDown, Search, Users, X } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import { useEffect, useRef, useState } from "react"
import { useWords } from "@/app/search"
import { Button, buttonClass } from "@/parts/Button"
import { ChannelIcon, channel, touchpointLabel } from "@/parts/channel"
import { Moment } from "@/parts/Moment"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Empty, Failed, Loading } from "@/parts/States"
import { Table } from "@/parts/Table"
import { daysOf, periodTold } from "@/text/days"
import { count, plural } from "@/text/format"
import { filled } from "@/text/t"
import { Avatar } from "./Avatar"
import { customers, segments } from "./asked"
import css from "./CustomersPage.module.css"
import { ordered } from "./layRibbon"
import { useSegmentNames } from "./segments"
import { text } from "./text"
import { type Brief, best, called, cut, isDevice, kindLabel, named, split, words } from "./who"

const PAUSE = 220
const SEGMENTS = 1
const INTERESTS = 2

export function Page() {
  const [words] = useWords()
  const q = words.q ?? ""
  const segment = words.segment ?? ""
  const touchpoint = words.touchpoint ?? ""
  const found = useInfiniteQuery(customers(q.trim(), segment, touchpoint, daysOf(words)))
  const rows = found.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <PageFrame
      title={text.title}
      controls={
        <>
          <SearchBox asked={q} />
          <SegmentMenu segment={segment} />
          {touchpoint && <Met touchpoint={touchpoint} />}
        </>
      }
      actions={
        <Told shown={rows.length} more={found.hasNextPage} all={found.data?.pages.at(-1)?.total ?? null} />
      }
    >
      {found.isPending ? (
        <Loading lines={14} what="looking for customers" />
      ) : found.error && !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : rows.length === 0 ? (
        <Nobody q={q} segment={segment} touchpoint={touchpoint} />
      ) : (
        <div className={found.isPlaceholderData ? parts.dimmed : undefined}>
          <Listed rows={rows} />
          {found.hasNextPage && (
            <div className={css.more}>
              <Button onClick={() => void found.fetchNextPage()} disabled={found.isFetchingNextPage}>
                {text.more}
              </Button>
            </div>
          )}
        </div>
      )}
    </PageFrame>
  )
}

/** What is typed goes into the address when the typing pauses; Escape takes it away. */
function SearchBox({ asked }: { asked: string }) {
  const [, change] = useWords()
  const [typed, setTyped] = useState(asked)
  const told = useRef(asked)
  useEffect(() => {
    if (asked !== told.current) setTyped(asked)
    told.current = asked
  }, [asked])
  useEffect(() => {
    if (typed === told.current) return
    const timer = setTimeout(() => {
      told.current = typed
      change({ q: typed || undefined }, { replace: true })
    }, PAUSE)
    return () => clearTimeout(timer)
  }, [typed, change])
  return (
    <search className={css.search}>
      <Search size={15} aria-hidden="true" />
      <input
        className={parts.input}
        type="text"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && setTyped("")}
        placeholder={text.search}
        aria-label={text.searchLabel}
        spellCheck={false}
        autoComplete="off"
        maxLength={200}
        dir="auto"
      />
      {typed && (
        <button type="button" onClick={() => setTyped("")} aria-label={text.clearSearch}>
          <X size={14} />
        </button>
      )}
    </search>
  )
}

function SegmentMenu({ segment }: { segment: string }) {
  const [, change] = useWords()
  const asked = useQuery(segments)
  const there = asked.data?.data ?? []
  const chosen = there.find((one) => one.id === segment)
  if (there.length === 0 && !segment) return null
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className={`${buttonClass({})} ${css.segment}`}>
        <Users size={15} aria-hidden="true" />
        <span>{segment ? filled(text.segment, { name: chosen?.name ?? segment }) : text.allSegments}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={`${parts.popover} ${css.menu}`} align="start" sideOffset={6}>
          <DropdownMenu.RadioGroup
            value={segment}
            onValueChange={(value) => change({ segment: value || undefined })}
            aria-label={text.segmentMenu}
          >
            <DropdownMenu.RadioItem className={parts.menuitem} value="">
              {text.allSegments}
            </DropdownMenu.RadioItem>
            <DropdownMenu.Separator className={css.rule} />
            {there.map((one) => (
              <DropdownMenu.RadioItem key={one.id} className={parts.menuitem} value={one.id}>
                <span dir="auto">{one.name}</span>
                <span className={`num ${css.size}`}>
                  {one.customers === null ? "" : count(one.customers)}
                </span>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** That only those who met a touchpoint are shown, and how to see all again. */
function Met({ touchpoint }: { touchpoint: string }) {
  const [words, change] = useWords()
  const days = daysOf(words)
  const when = days.from || days.to ? `, ${periodTold(days)}` : ""
  return (
    <Button
      className={css.segment}
      onClick={() => change({ touchpoint: undefined, from: undefined, to: undefined })}
      aria-label={`${filled(text.met, { touchpoint })}${when}: ${text.clear}`}
      title={cut(touchpoint, 300)}
    >
      <ChannelIcon id={split(touchpoint).kind} size={15} />
      <span dir="auto">
        {filled(text.met, { touchpoint: cut(touchpointLabel(touchpoint), 60) })}
        {when}
      </span>
      <X size={14} aria-hidden="true" />
    </Button>
  )
}

/** How many there are; of very many hits, how many are shown. */
function Told(props: { shown: number; more: boolean; all: number | null }) {
  const told = plural(props.all ?? props.shown, "customer")
  return (
    <p className="quiet num" role="status">
      {props.shown > 0 && (props.more && props.all === null ? `the first ${told}` : told)}
    </p>
  )
}

function Nobody({ q, segment, touchpoint }: { q: string; segment: string; touchpoint: string }) {
  const [, change] = useWords()
  if (!q && !segment && !touchpoint)
    return (
      <Empty
        title={text.emptyTitle}
        actions={
          <Link to="/start" className={buttonClass({ look: "primary" })}>
            {text.emptyStep}
          </Link>
        }
      >
        {text.emptyBody}
      </Empty>
    )
  return (
    <Empty
      title={text.noneTitle}
      actions={
        <>
          {q && <Button onClick={() => change({ q: undefined })}>{text.clearSearch}</Button>}
          {segment && <Button onClick={() => change({ segment: undefined })}>{text.clearSegment}</Button>}
          {touchpoint && (
            <Button onClick={() => change({ touchpoint: undefined, from: undefined, to: undefined })}>
              {text.anyTouchpoint}
            </Button>
          )}
        </>
      }
    >
      {q ? text.noneSearch : touchpoint ? text.noneMet : text.noneSegment}
    </Empty>
  )
}

function Listed({ rows }: { rows: readonly Brief[] }) {
  const names = useSegmentNames()
  return (
    <Table flat className={css.table}>
      <thead>
        <tr>
          <th scope="col">Customer</th>
          <th scope="col">Stage</th>
          <th scope="col" aria-sort="descending">
            {text.lastSeen}
          </th>
          <th scope="col">Channels</th>
          <th scope="col" className={parts.right}>
            Events
          </th>
          <th scope="col">Segments</th>
          <th scope="col">Interests</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <Row key={one.id} one={one} names={names} />
        ))}
      </tbody>
    </Table>
  )
}

function Row({ one, names }: { one: Brief; names: ReadonlyMap<string, string> }) {
  const navigate = useNavigate()
  const name = called(one)
  const known = best(one.identifiers)
  const segmentIds = Object.keys(one.segments)
  const interests = Object.keys(one.interests).filter((topic) => !deeper(topic, one.interests))
  return (
    // the name is the link that keyboards and screen readers use; the rest of the row is a larger target for it
    <tr
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("a")) return
        if (!getSelection()?.toString()) void navigate({ to: "/customers/$ref", params: { ref: one.id } })
      }}
    >
      <td>
        <span className={css.who}>
          <Avatar name={named(one.traits)} />
          <span>
            <Link to="/customers/$ref" params={{ ref: one.id }} title={cut(name, 300)} dir="auto">
              {cut(name, 80)}
            </Link>
            {known && (
              <small title={`${known.kind}:${known.value}`} dir="auto">
                {known.value === name || isDevice(known.kind) ? kindLabel(known.kind) : cut(known.value, 80)}
              </small>
            )}
          </span>
        </span>
      </td>
      <td>{one.stage.current ? words(one.stage.current) : <span className="quiet">–</span>}</td>
      <td className={css.seen}>
        <Moment at={one.last_seen} />
      </td>
      <td>
        <span className={css.icons}>
          {ordered(Object.keys(one.channels).filter(Boolean)).map((id) => (
            <span key={id} title={channel(id).label}>
              <ChannelIcon id={id} size={15} />
              <span className="sr-only">{channel(id).label} </span>
            </span>
          ))}
        </span>
      </td>
      <td className={parts.right}>{count(one.events)}</td>
      <td>
        <Few all={segmentIds.map((id) => names.get(id) ?? words(id))} shown={SEGMENTS} />
      </td>
      <td>
        <Few
          all={interests.map((topic) => words(topic.split("/").at(-1) ?? topic))}
          shown={INTERESTS}
          plain
        />
      </td>
    </tr>
  )
}

/** Whether a topic is told again by one below it: "plans" by "plans/unlimited". */
function deeper(topic: string, all: Record<string, number>): boolean {
  return Object.keys(all).some((other) => other.startsWith(`${topic}/`))
}

/** The first few, and how many more; all of them on hover, and on the customer's page. */
function Few({ all, shown, plain = false }: { all: string[]; shown: number; plain?: boolean }) {
  if (!all.length) return <span className="quiet">–</span>
  const more = all.length - shown
  return (
    <span className={css.few} title={all.slice(0, 40).join(" · ")}>
      {all.slice(0, shown).map((one) => (
        <span key={one} className={plain ? css.plain : `${parts.pill} ${css.pill}`} dir="auto">
          {cut(one, 60)}
        </span>
      ))}
      {more > 0 && <span className="quiet num">+{more}</span>}
    </span>
  )
}
