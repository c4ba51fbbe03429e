/** A panel beside the picture. Escape closes it; the focus goes into it when it opens and back when it closes. */
import { X } from "lucide-react"
import { type ReactNode, useEffect, useRef } from "react"
import { useKeys } from "@/app/keyboard"
import { Button } from "@/parts/Button"
import { u } from "./text"
import css from "./understand.module.css"

export function Side(props: { title: string; onClose: () => void; children: ReactNode; lead?: ReactNode }) {
  const panel = useRef<HTMLElement>(null)
  const { title, onClose } = props
  useEffect(() => {
    const from = document.activeElement
    panel.current?.focus({ preventScroll: true })
    return () => {
      const lost = !document.activeElement || document.activeElement === document.body
      if (lost && from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true })
    }
  }, [])
  useKeys((event) => {
    if (event.key !== "Escape") return
    event.preventDefault()
    onClose()
  })
  return (
    <aside className={css.side} aria-label={title} tabIndex={-1} ref={panel}>
      <Button small icon look="quiet" className={css.close} onClick={onClose} aria-label={u("close")}>
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
