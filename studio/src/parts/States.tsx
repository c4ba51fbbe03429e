/** What a page shows when it has nothing to show: empty, loading, failed, not allowed, not there. */
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useState } from "react"
import { Refused, why } from "@/api/client"
import { t } from "@/text/t"
import { Button, buttonClass } from "./Button"
import css from "./parts.module.css"

/** Says what will be here, and the next step. */
export function Empty({
  title,
  children,
  actions,
  heading: Heading = "h2",
}: {
  title: string
  children?: ReactNode
  actions?: ReactNode
  /** "h1" where nothing else is the page's title. */
  heading?: "h1" | "h2"
}) {
  return (
    <div className={css.state}>
      <Heading>{title}</Heading>
      {children && <p>{children}</p>}
      {actions && <div className={css.actions}>{actions}</div>}
    </div>
  )
}

/** The page's own layout in gray, after a moment; when it takes long, what is worked on and a way out. */
export function Loading({ lines = 8, what, cancel }: { lines?: number; what?: string; cancel?: () => void }) {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 3_000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={css.bones} role="status" aria-label={t("state.loading")}>
      {slow && what && (
        <p className="quiet">
          {t("state.slow", { what })}{" "}
          {cancel && (
            <Button small onClick={cancel}>
              {t("state.cancel")}
            </Button>
          )}
        </p>
      )}
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones never move
        <div key={line} className={css.bone} style={{ width: `${92 - ((line * 37) % 50)}%` }} />
      ))}
    </div>
  )
}

/** What failed, in the hub's words, and a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const refused = error instanceof Refused ? error : null
  if (refused?.status === 403) return <Empty title={t("state.forbidden")}>{t("state.forbiddenBody")}</Empty>
  const gone = refused?.status === 0
  return (
    <div className={css.state} role="alert">
      <h2>{gone ? t("state.unreachable") : t("state.failed")}</h2>
      <p>{gone ? t("state.unreachableBody") : sentence(why(error))}</p>
      {!gone && <p>{t("state.works")}</p>}
      {retry && (
        <div className={css.actions}>
          <Button look="primary" onClick={retry}>
            {t("state.retry")}
          </Button>
        </div>
      )}
      {refused?.requestId && (
        <small className="quiet">{t("state.requestId", { id: refused.requestId })}</small>
      )}
    </div>
  )
}

/** The hub's words as a sentence; what begins with the name of something stays as it is. */
function sentence(words: string): string {
  const begun = /^[a-z]+ /.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}

export function NotFound() {
  return (
    <Empty
      heading="h1"
      title={t("state.notFound")}
      actions={
        <Link to="/map" className={buttonClass({ look: "primary" })}>
          {t("state.home")}
        </Link>
      }
    >
      {t("state.notFoundBody")}
    </Empty>
  )
}
