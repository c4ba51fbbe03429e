/** The frame of every analysis page: the question on top, one sentence that says the most important thing, a picture or its
 * tables, and beside it the customers behind a number. Its whole state is in the address.
 *
 * A page gives it what it asks (`asked`), the picture of an answer (`children`), gray bones of that picture, and what a row
 * of people is called (`whose`). */
import { Link } from "@tanstack/react-router"
import { Download, Table2 } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import type { ReactNode } from "react"
import { toast } from "sonner"
import { type Answer, type Body, csv, type Row } from "@/api/analyses"
import { why } from "@/api/client"
import { useKeys } from "@/app/keyboard"
import { Button, buttonClass } from "@/parts/Button"
import { PageFrame, Word } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Empty, Failed, Loading } from "@/parts/States"
import { Views } from "@/parts/Views"
import { filled } from "@/text/t"
import { AnswerTables, type Behind } from "./AnswerTables"
import { Told } from "./HowCounted"
import { People } from "./People"
import { ScopeBar } from "./ScopeBar"
import type { Level, Scope, SetScope } from "./scope"
import { u } from "./text"
import css from "./understand.module.css"
import { type Asked, useWho } from "./useAnalysis"

export interface AnalysisPageProps {
  title: string
  asked: Asked
  scope: Scope
  set: SetScope
  levels?: readonly Level[]
  /** The analysis' own controls, in a line of their own. */
  controls?: ReactNode
  /** Left of the picture: what is asked, where that needs room. */
  editor?: ReactNode
  /** What is shown while nothing is asked yet. */
  unasked?: ReactNode
  /** Gray, in the layout of the picture. */
  bones?: ReactNode
  /** Beside the picture, unless customers are listed there. */
  panel?: ReactNode
  /** Whose customers a row are: the panel's title. */
  whose: (row: Row) => string
  behind?: Behind
  /** Which question a row is of, where it is not the page's own. */
  of?: (row: Row) => { name: string; body: Body; row: Row } | null
  /** The sentence of an answer, where the hub's own can be said better. */
  caption?: (answer: Answer) => string
  /** More lines of "How this is counted". */
  how?: (answer: Answer) => readonly [string, string][]
  children: (answer: Answer) => ReactNode
}

export function AnalysisPage(props: AnalysisPageProps) {
  const { title, asked, scope, set } = props
  const { answer } = asked
  const [who, show] = useWho()
  useKeys((event) => {
    if (event.key === "t") set({ table: !scope.table })
  })
  return (
    <PageFrame
      title={title}
      controls={<ScopeBar scope={scope} set={set} {...(props.levels && { levels: props.levels })} />}
      actions={
        <>
          <Views />
          <Button
            small
            look="quiet"
            aria-pressed={scope.table}
            onClick={() => set({ table: !scope.table })}
            title="t"
          >
            <Table2 size={15} aria-hidden="true" />
            <Word>{u("table")}</Word>
          </Button>
          <Downloads asked={asked} />
        </>
      }
    >
      <div className={css.page}>
        {props.controls && <div className={`${css.bar} ${parts.strip}`}>{props.controls}</div>}
        <div className={css.body}>
          {props.editor && <div className={css.editor}>{props.editor}</div>}
          <div className={css.main}>
            {answer && answer.header.events > 0 && (
              <div className={css.caption}>
                <p aria-live="polite">{props.caption?.(answer) ?? answer.caption}</p>
                <Told asked={asked} more={props.how?.(answer) ?? []} />
              </div>
            )}
            <div
              className={`${css.picture} ${asked.dimmed ? parts.dimmed : ""}`}
              aria-busy={asked.dimmed || asked.pending}
            >
              <Picture {...props} />
            </div>
          </div>
          {who ? (
            <People
              {...(props.of?.(who) ?? { name: asked.name, body: asked.body, row: who })}
              told={props.whose(who)}
              onClose={() => show(null)}
            />
          ) : (
            props.panel
          )}
        </div>
      </div>
    </PageFrame>
  )
}

function Picture(props: AnalysisPageProps) {
  const { asked, scope, set } = props
  const { answer, failed, again } = asked
  if (props.unasked) return props.unasked
  if (failed && !answer) return <Failed error={failed} retry={again} />
  if (!answer) return asked.pending ? <Waiting bones={props.bones} cancel={asked.cancel} /> : null
  if (answer.header.events === 0) return <Nobody scope={scope} set={set} />
  if (scope.table) return <AnswerTables answer={answer} {...(props.behind && { behind: props.behind })} />
  return props.children(answer)
}

/** After a moment the bones; after three seconds what is worked on, and a way out. */
function Waiting({ bones, cancel }: { bones: ReactNode; cancel: () => void }) {
  return (
    <>
      <Loading lines={bones ? 0 : 9} what={u("counting")} cancel={cancel} />
      {bones && (
        <div className={css.bones} aria-hidden="true">
          {bones}
        </div>
      )}
    </>
  )
}

function Nobody({ scope, set }: { scope: Scope; set: SetScope }) {
  if (scope.from || scope.to || scope.segment)
    return (
      <Empty
        title={u("nobody")}
        actions={
          <Button look="primary" onClick={() => set({ from: "", to: "", segment: "" })}>
            {u("clear")}
          </Button>
        }
      >
        {u("nobodyBody")}
      </Empty>
    )
  return (
    <Empty
      title={u("emptyTitle")}
      actions={
        <Link to="/start" className={buttonClass({ look: "primary" })}>
          {u("connect")}
        </Link>
      }
    >
      {u("emptyBody")}
    </Empty>
  )
}

function Downloads({ asked }: { asked: Asked }) {
  const tables = Object.entries(asked.answer?.tables ?? {})
  const save = async (table: string) => {
    try {
      const link = document.createElement("a")
      link.href = URL.createObjectURL(await csv(asked.name, asked.body, table))
      link.download = filled(u("downloadOf"), { table: `${asked.name}-${table}` })
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    } catch (error) {
      toast.error(`${u("failedDownload")}: ${why(error)}`)
    }
  }
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className={buttonClass({ small: true })} disabled={!tables.length}>
        <Download size={15} aria-hidden="true" />
        <Word>{u("download")}</Word>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={parts.popover} sideOffset={4} align="end">
          {tables.map(([name, table]) => (
            <DropdownMenu.Item key={name} className={parts.menuitem} onSelect={() => void save(name)}>
              {table.title || name}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
