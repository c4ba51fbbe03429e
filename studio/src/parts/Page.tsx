/** The frame of every page: its title and controls on top, what it shows below. */
import { type ReactNode, useEffect } from "react"
import css from "./parts.module.css"

export interface PageProps {
  title: string
  /** Controls beside the title. */
  controls?: ReactNode
  /** Controls at the right end. */
  actions?: ReactNode
  padded?: boolean
  children: ReactNode
}

export function PageFrame({ title, controls, actions, padded = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Harken`
  }, [title])
  return (
    <div className={css.page}>
      <header className={css.top}>
        <h1 title={title} dir="auto">
          {title}
        </h1>
        {controls}
        <span className={css.grow} />
        {actions}
      </header>
      <div className={`${css.content} ${padded ? css.padded : ""}`}>{children}</div>
    </div>
  )
}
