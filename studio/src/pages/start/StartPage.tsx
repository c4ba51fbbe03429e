/** The first minutes with a hub: a key, something to send with it, and the moment it arrives. */
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Check, Copy, KeyRound } from "lucide-react"
import { type ReactNode, useState } from "react"
import { toast } from "sonner"
import { api, told } from "@/api/client"
import { prefix } from "@/api/prefix"
import { queries } from "@/api/queries"
import { sample } from "@/api/sample"
import { useWords } from "@/app/search"
import { Button } from "@/parts/Button"
import { PageFrame } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { filled } from "@/text/t"
import { Arrival } from "./Arrival"
import { curlLine, importLine, isSecret, pageSnippet } from "./lines"
import { Sample } from "./Sample"
import css from "./start.module.css"
import { text } from "./text"

const WAYS = ["web", "curl", "table"] as const
type Way = (typeof WAYS)[number]

export function Page() {
  const hub = useQuery(sample)
  const [began, setBegan] = useState<boolean>() // what it was when the page was opened
  if (began === undefined && hub.data) setBegan(hub.data.empty)
  const [key, setKey] = useState("")
  const usable = isSecret(key.trim()) ? "" : key.trim()
  return (
    <PageFrame title={text.title} padded>
      <div className={css.page}>
        <div>
          <h2 className={css.lead}>{began === false ? text.leadHeard : text.lead}</h2>
          <ol>
            <Step number={1} title={text.step1}>
              <p>{text.step1About}</p>
              <Key value={key} onChange={setKey} />
            </Step>
            <Step number={2} title={text.step2}>
              <Send writeKey={usable} />
            </Step>
            <Step number={3} title={text.step3}>
              <Arrival />
            </Step>
          </ol>
        </div>
        <aside>
          <Sample />
          <nav aria-label={text.more} className={css.more}>
            <h2>{text.more}</h2>
            <a href={`${prefix}/api/docs`}>{text.docs}</a>
            <Link to="/admin/keys">{text.keys}</Link>
          </nav>
        </aside>
      </div>
    </PageFrame>
  )
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className={css.step}>
      <span aria-hidden="true">{number}</span>
      <section aria-label={title}>
        <h3>{title}</h3>
        {children}
      </section>
    </li>
  )
}

/** A write key: made here and shown once, or one that is known already. */
function Key({ value, onChange }: { value: string; onChange: (key: string) => void }) {
  const make = useMutation({
    mutationFn: () =>
      told(
        api.POST("/api/keys", {
          body: { kind: "write", source: "web", label: "first run", origins: [], per_second: 0 },
        }),
      ),
    onSuccess: (made) => {
      onChange(made.key)
      void queries.invalidateQueries({ queryKey: ["keys"] })
    },
    onError: (error) => toast.error(filled(text.failed, { why: error.message })),
  })
  const made = make.data?.key === value && value !== ""
  return (
    <>
      {made ? (
        <Lines what={value} label={text.step1} />
      ) : (
        <div className={css.key}>
          <Button look="primary" onClick={() => make.mutate()} disabled={make.isPending}>
            <KeyRound size={14} aria-hidden="true" /> {make.isPending ? text.making : text.make}
          </Button>
          <label>
            <span>{text.paste}</span>
            <input
              className={parts.input}
              value={value}
              placeholder={text.pasteHint}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={isSecret(value.trim()) || undefined}
              onChange={(event) => onChange(event.target.value)}
            />
          </label>
        </div>
      )}
      {made && <p className="quiet">{text.made}</p>}
      {isSecret(value.trim()) && (
        <p role="alert" className={css.wrong}>
          {text.wrongKey}
        </p>
      )}
    </>
  )
}

function Send({ writeKey }: { writeKey: string }) {
  const [words, change] = useWords()
  const way: Way = WAYS.find((one) => one === words.way) ?? "web"
  const hub = location.origin + prefix
  const key = writeKey || text.noKey
  const lines = { web: pageSnippet(hub, key), curl: curlLine(hub, key), table: importLine() }
  const about = { web: text.webAbout, curl: text.curlAbout, table: text.tableAbout }
  return (
    <>
      <Segmented
        label={text.way}
        value={way}
        choices={WAYS.map((value) => ({ value, label: text[value] }))}
        onChange={(to) => change({ way: to === "web" ? undefined : to }, { replace: true })}
      />
      <p>{about[way]}</p>
      <Lines what={lines[way]} label={text[way]} />
    </>
  )
}

/** Text to copy. */
function Lines({ what, label }: { what: string; label: string }) {
  const [copied, setCopied] = useState("")
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(what)
      setCopied(what)
      setTimeout(() => setCopied(""), 2_000)
    } catch (error) {
      toast.error(filled(text.failed, { why: String(error) }))
    }
  }
  const done = copied === what
  return (
    <div className={css.lines}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard */}
      <pre tabIndex={0} aria-label={label} role="region">
        {what}
      </pre>
      <Button small onClick={() => void copy()}>
        {done ? <Check size={13} aria-hidden="true" /> : <Copy size={13} aria-hidden="true" />}
        {done ? text.copied : text.copy}
      </Button>
    </div>
  )
}
