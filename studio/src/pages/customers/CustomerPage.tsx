/** One customer: who that is at the left, what they did and why Harken thinks so beside it. */
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { ChevronDown, Download, Eraser, GitMerge } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import { useEffect, useState } from "react"
import { toast } from "sonner"
import { Refused, why } from "@/api/client"
import { useWords } from "@/app/search"
import { buttonClass } from "@/parts/Button"
import { Moment } from "@/parts/Moment"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { Empty, Failed, Loading } from "@/parts/States"
import { plural } from "@/text/format"
import { customer, exported, forgotten, lately } from "./asked"
import css from "./CustomerPage.module.css"
import { EraseDialog } from "./EraseDialog"
import { Erased, type Receipt } from "./Erased"
import { Glance, since } from "./Glance"
import { download } from "./handing"
import { Identity } from "./Identity"
import { MergeDialog } from "./MergeDialog"
import { Ribbon } from "./Ribbon"
import { Timeline } from "./Timeline"
import { text } from "./text"
import { called, cut, type Profile, words as said } from "./who"

const VIEWS = [
  { value: "journey", label: text.journey },
  { value: "identity", label: text.identity },
] as const
/** Longer names are cut in the title; the whole of them stands in the column below. */
const TITLE = 60

export function Page() {
  const { ref = "" } = useParams({ strict: false }) as { ref?: string }
  const [receipt, setReceipt] = useState<{ of: string; receipt: Receipt } | null>(null)
  if (receipt?.of === ref)
    return (
      <PageFrame title={text.erasedTitle}>
        <Erased receipt={receipt.receipt} />
      </PageFrame>
    )
  return (
    <Known
      key={ref}
      at={ref}
      onErased={(told) => {
        setReceipt({ of: ref, receipt: told })
        forgotten()
      }}
    />
  )
}

function Known({ at, onErased }: { at: string; onErased: (receipt: Receipt) => void }) {
  const asked = useQuery(customer(at))
  const navigate = useNavigate()
  const id = asked.data?.id
  // an id that the customer had before a merge leads to who it is now
  useEffect(() => {
    if (id && id !== at && !at.includes(":"))
      void navigate({
        to: "/customers/$ref",
        params: { ref: id },
        search: ((before: object) => before) as never,
        replace: true,
      })
  }, [id, at, navigate])
  if (asked.data) return <Whole one={asked.data} onErased={onErased} />
  const gone = asked.error instanceof Refused && asked.error.status === 404
  return (
    <PageFrame title={gone ? text.unknownTitle : cut(at, TITLE)}>
      {asked.isPending ? (
        <Loading what="putting this customer together" />
      ) : gone ? (
        <Empty
          title={text.unknownTitle}
          actions={
            <Link to="/customers" className={buttonClass({ look: "primary" })}>
              {text.toList}
            </Link>
          }
        >
          {text.unknownBody}
        </Empty>
      ) : (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      )}
    </PageFrame>
  )
}

type Asking = "merge" | "erase" | null

function Whole({ one, onErased }: { one: Profile; onErased: (receipt: Receipt) => void }) {
  const [words, change] = useWords()
  const [asking, setAsking] = useState<Asking>(null)
  const newest = useQuery(lately(one.id))
  const view = words.view === "identity" ? "identity" : "journey"
  const show = (told: "journey" | "identity") => change({ view: told === "journey" ? undefined : told })
  return (
    <PageFrame
      title={cut(called(one), TITLE)}
      controls={
        <>
          {one.stage.current && (
            <span className={parts.pill} data-tone="accent">
              <span className="sr-only">Stage: </span>
              {said(one.stage.current)}
            </span>
          )}
          {one.first_seen && <span className={css.fact}>{since(one)}</span>}
          <span className={css.fact}>{plural(one.identifiers.length, text.identifiers)}</span>
          <span className={css.fact}>
            {text.seen} <Moment at={one.last_seen} />
          </span>
        </>
      }
      actions={
        <>
          <Segmented label="What to look at" value={view} choices={VIEWS} onChange={show} />
          <Actions one={one} onAsk={setAsking} />
        </>
      }
    >
      <div className={css.columns} data-view={view}>
        <aside className={css.left} aria-label={called(one)}>
          <Glance one={one} lately={newest.data?.data ?? null} onIdentity={() => show("identity")} />
        </aside>
        <div className={css.right}>
          {view === "journey" ? (
            <>
              <Ribbon id={one.id} events={one.events} />
              <Timeline one={one} />
            </>
          ) : (
            <Identity one={one} />
          )}
        </div>
      </div>
      {asking === "merge" && <MergeDialog one={one} onClose={() => setAsking(null)} />}
      {asking === "erase" && <EraseDialog one={one} onClose={() => setAsking(null)} onErased={onErased} />}
    </PageFrame>
  )
}

function Actions({ one, onAsk }: { one: Profile; onAsk: (what: Asking) => void }) {
  const save = async () => {
    const saved = toast.loading("Gathering everything")
    try {
      download(`customer-${one.id}.json`, await exported(one.id))
      toast.success("Everything Harken holds about this customer was saved", { id: saved })
    } catch (error) {
      toast.error(why(error), { id: saved })
    }
  }
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className={buttonClass({ small: true })} aria-label={text.actions}>
        Actions <ChevronDown size={14} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={parts.popover} align="end" sideOffset={6}>
          <DropdownMenu.Item className={parts.menuitem} onSelect={() => onAsk("merge")}>
            <GitMerge size={15} aria-hidden="true" /> {text.merge}…
          </DropdownMenu.Item>
          <DropdownMenu.Item className={parts.menuitem} onSelect={() => void save()}>
            <Download size={15} aria-hidden="true" /> {text.exportIt}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={`${parts.menuitem} ${css.danger}`} onSelect={() => onAsk("erase")}>
            <Eraser size={15} aria-hidden="true" /> {text.erase}…
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
