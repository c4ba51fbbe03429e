/** Keys pressed anywhere on a page -> what they do there; not while somebody types, nor in a dialog or a menu. */
import { useLayoutEffect, useRef } from "react"

const TYPING = "input:not([type=range]), select, textarea, [contenteditable], [role=dialog], [role=menu]"

export function useKeys(pressed: (event: KeyboardEvent, at: Element | null) => void): void {
  const latest = useRef(pressed)
  latest.current = pressed
  useLayoutEffect(() => {
    // once the page can be seen its keys work
    const key = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const at = event.target instanceof Element ? event.target : null
      if (!at?.closest(TYPING)) latest.current(event, at)
    }
    addEventListener("keydown", key)
    return () => removeEventListener("keydown", key)
  }, [])
}
