/** A panel beside the picture, over it on a phone; Escape closes it. The focus goes into it when it opens and back when it
 * closes, unless it `stays` where it is: on the map, where arrow keys go on. What a panel is made of: `Figures`, and the
 * classes of its style sheet. */
import { X } from "lucide-react"
import { type ReactNode, useEffect, useRef } from "react"
import { useKeys } from "@/app/keyboard"
import { t } from "@/text/t"
import { Button } from "./Button"
import css from "./SidePanel.module.css"

export function SidePanel(props: {
  title: string
  /** Before the title. */
  lead?: ReactNode
  stays?: boolean
  onClose: () => void
  children: ReactNode
}) {
  const panel = useRef<HTMLElement>(null)
  const { title, onClose, stays = false } = props
  useEffect(() => {
    if (stays) return
    const from = document.activeElement
    panel.current?.focus({ preventScroll: true })
    return () => {
      const lost = !document.activeElement || document.activeElement === document.body
      if (lost && from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true })
    }
  }, [stays])
  useKeys((event) => {
    if (event.key !== "Escape") return
    event.preventDefault()
    onClose()
  })
  return (
    <aside className={css.panel} aria-label={title} tabIndex={-1} ref={panel}>
      <Button small icon look="quiet" className={css.close} onClick={onClose} aria-label={t("panel.close")}>
        <X size={16} />
      </Button>
      <h2 dir="auto">
        {props.lead}
        {title}
      </h2>
      {props.children}
    </aside>
  )
}

/** Numbers with their names, two in a row. */
export function Figures({ children }: { children: ReactNode }) {
  return <dl className={css.figures}>{children}</dl>
}

export function Figure({ name, about, children }: { name: string; about?: string; children: ReactNode }) {
  return (
    <div title={about}>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  )
}
