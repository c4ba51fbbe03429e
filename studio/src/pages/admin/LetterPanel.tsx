/** One letter: why it was refused, where it came from, and what was sent, byte for byte. */
import { X } from "lucide-react"
import { useEffect, useRef } from "react"
import { Button } from "@/parts/Button"
import { Moment } from "@/parts/Moment"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import css from "./admin.module.css"
import type { Letter } from "./asked"
import { Copy } from "./Copy"
import { text } from "./text"

const words = text.letters.detail
const SHOWN = 20_000

export function LetterPanel(props: {
  letter: Letter
  onClose: () => void
  replay?: () => void
  discard?: () => void
}) {
  const { letter } = props
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [])
  const sent = pretty(letter.raw)
  return (
    <aside
      className={css.panel}
      aria-label={filled(words.title, { id: letter.id })}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <header>
        <h2 ref={head} tabIndex={-1}>
          {filled(words.title, { id: letter.id })}
        </h2>
        <Button small icon look="quiet" onClick={props.onClose} aria-label={text.close}>
          <X size={16} aria-hidden="true" />
        </Button>
      </header>
      <div className={css.inside}>
        <section>
          <h3>{words.why}</h3>
          <p className={css.mono}>{letter.reason}</p>
          <p dir="auto" style={{ overflowWrap: "anywhere" }}>
            {letter.detail}
          </p>
        </section>
        <dl className={css.facts}>
          <dt>{words.source}</dt>
          <dd>{letter.source || text.notYet}</dd>
          <dt>{words.dialect}</dt>
          <dd>{letter.dialect || text.notYet}</dd>
          <dt>{words.where}</dt>
          <dd className={css.mono}>{letter.where || text.notYet}</dd>
          {letter.line > 0 && (
            <>
              <dt>{words.line}</dt>
              <dd className="num">{count(letter.line)}</dd>
            </>
          )}
          <dt>{words.key}</dt>
          <dd>{letter.trusted ? words.trusted : words.public}</dd>
          <dt>{words.sent}</dt>
          <dd>
            {filled(text.letters.times, { count: count(letter.count) })} · <Moment at={letter.at} />
            {letter.count > 1 && (
              <>
                {" – "}
                <Moment at={letter.last} />
              </>
            )}
          </dd>
        </dl>
        {props.replay && (
          <div className={css.actions}>
            <Button look="primary" small onClick={props.replay}>
              {text.letters.replay}
            </Button>
            <Button look="danger" small onClick={props.discard}>
              {text.letters.discard}
            </Button>
          </div>
        )}
        <section className={css.snippet}>
          <div>
            <h3>{words.raw}</h3>
            <Copy small text={letter.raw} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard */}
          <pre className={css.raw} tabIndex={0} dir="ltr">
            {sent.slice(0, SHOWN)}
          </pre>
          {sent.length > SHOWN && <p className="quiet">{filled(words.cut, { count: count(SHOWN) })}</p>}
        </section>
      </div>
    </aside>
  )
}

/** JSON laid out; anything else as it is. */
function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
}
