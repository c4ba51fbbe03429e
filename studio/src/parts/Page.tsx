/** The frame of every page: its title and controls on top, what it shows below. On a phone the controls are one line that
 * is moved sideways, and actions are told by their signs alone (`Word`). */
import { type ReactNode, useEffect } from "react"
import css from "./Page.module.css"
import parts from "./parts.module.css"

export interface PageProps {
  title: string
  /** Controls beside the title. */
  controls?: ReactNode
  /** One sentence about what is shown. */
  caption?: ReactNode
  /** Controls at the right end. */
  actions?: ReactNode
  padded?: boolean
  children: ReactNode
}

export function PageFrame({ title, controls, caption, actions, padded = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Harken`
  }, [title])
  return (
    <div className={css.page}>
      <header className={css.top}>
        <h1 title={title} dir="auto">
          {title}
        </h1>
        {controls && <div className={css.controls}>{controls}</div>}
        {caption && (
          <p className={css.caption} title={typeof caption === "string" ? caption : undefined}>
            {caption}
          </p>
        )}
        <span className={css.grow} />
        {actions && <div className={css.actions}>{actions}</div>}
      </header>
      <div className={`${css.content} ${padded ? css.padded : ""}`}>{children}</div>
    </div>
  )
}

/** What a button with a sign is called; on a phone there is only room for the sign. */
export function Word({ children }: { children: ReactNode }) {
  return <span className={parts.word}>{children}</span>
}
