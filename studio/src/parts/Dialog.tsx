/** A question over the page; Escape and a click beside it mean no. */
import { Dialog as Radix } from "radix-ui"
import { type ReactNode, useState } from "react"
import css from "./parts.module.css"

/** Who asked: what has the focus, or the button of the menu it is in, as that menu closes. */
function asker(): HTMLElement | null {
  const at = document.activeElement
  const menu = at?.closest("[role=menu]")
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : (at as HTMLElement)
}

export function Dialog(props: {
  open: boolean
  onClose: () => void
  title: string
  /** One sentence below the title. */
  about?: ReactNode
  children?: ReactNode
  actions?: ReactNode
}) {
  const [from] = useState(asker)
  return (
    <Radix.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={css.overlay} />
        <Radix.Content
          className={css.dialog}
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => {
            if (!from?.isConnected || from === document.body) return
            event.preventDefault()
            from.focus()
          }}
        >
          <Radix.Title asChild>
            <h2>{props.title}</h2>
          </Radix.Title>
          {props.about && <p style={{ color: "var(--ink-2)", marginBottom: 12 }}>{props.about}</p>}
          {props.children}
          {props.actions && <div className={css.actions}>{props.actions}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
