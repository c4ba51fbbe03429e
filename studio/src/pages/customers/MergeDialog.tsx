/** Merge with another customer: find it, then decide as about everything by hand. */
import { useQuery } from "@tanstack/react-query"
import { useDeferredValue, useState } from "react"
import { api, told } from "@/api/client"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { merge } from "./asked"
import { ByHandDialog } from "./ByHandDialog"
import css from "./Dialogs.module.css"
import { text } from "./text"
import { Who } from "./WhoLine"
import type { Brief, Profile } from "./who"

const FOUND = 6

export function MergeDialog({ one, onClose }: { one: Profile; onClose: () => void }) {
  const [other, setOther] = useState<Brief | null>(null)
  return (
    <ByHandDialog
      one={one}
      other={other}
      onClose={onClose}
      what={{
        title: text.mergeTitle,
        about: text.mergeAbout,
        verb: text.mergeDo,
        done: text.merged,
        ask: other && ((reason, preview) => merge(one.id, other.id, reason, preview)),
      }}
    >
      {other ? (
        <div className={css.chosen}>
          <Who one={other} />
          <Button small onClick={() => setOther(null)}>
            Choose another
          </Button>
        </div>
      ) : (
        <Find not={one.id} onFound={setOther} />
      )}
    </ByHandDialog>
  )
}

function Find({ not, onFound }: { not: string; onFound: (one: Brief) => void }) {
  const [typed, setTyped] = useState("")
  const q = useDeferredValue(typed.trim())
  const found = useQuery({
    queryKey: ["customers", "find", q],
    queryFn: ({ signal }) =>
      told(api.GET("/api/profiles", { params: { query: { q, limit: FOUND + 1 } }, signal })),
    enabled: q.length > 1,
    placeholderData: (before) => before,
  })
  const shown = q.length > 1 ? (found.data?.data ?? []).filter((one) => one.id !== not).slice(0, FOUND) : []
  return (
    <>
      <label className={parts.field}>
        <span>{text.mergeSearch}</span>
        <input
          className={parts.input}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={text.search}
          spellCheck={false}
          autoComplete="off"
          maxLength={200}
          dir="auto"
        />
      </label>
      <ul className={css.found} aria-label="Found customers">
        {shown.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => onFound(one)}>
              <Who one={one} />
            </button>
          </li>
        ))}
      </ul>
      {q.length > 1 && found.isSuccess && !found.isFetching && shown.length === 0 && (
        <p className="quiet" role="status">
          {text.mergeNone}
        </p>
      )}
    </>
  )
}
