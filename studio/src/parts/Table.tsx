/** A table, on a phone as cards: a row is a card, its first cell the title, every other says its column's name before its
 * value. Heads that can be pressed stay in a line above. Nothing has to be said twice: names are read from the heads. A cell
 * with a small picture has a line of its own by `data-wide`. */
import { type ComponentProps, type RefObject, useEffect, useRef } from "react"
import { PHONE } from "./phone"
import css from "./Table.module.css"

/** Name and value longer than this have a line of their own. */
const HALF = 22

export interface TableProps extends ComponentProps<"table"> {
  /** Stays a table on a phone: its page hides what there is no room for. */
  flat?: boolean
}

export function Table({ className = "", flat = false, ...rest }: TableProps) {
  const table = useRef<HTMLTableElement>(null)
  useNamedCells(table, !flat)
  return <table {...rest} ref={table} className={`${css.table} ${flat ? "" : css.cards} ${className}`} />
}

/** Tell every cell its column's name, as long as the window is narrow, whatever rows come and go. */
function useNamedCells(table: RefObject<HTMLTableElement | null>, wanted: boolean): void {
  useEffect(() => {
    if (!wanted) return
    const media = matchMedia(PHONE)
    const changes = new MutationObserver(() => table.current && nameCells(table.current))
    const watch = () => {
      changes.disconnect()
      if (!media.matches || !table.current) return
      nameCells(table.current)
      changes.observe(table.current, { childList: true, characterData: true, subtree: true })
    }
    watch()
    media.addEventListener("change", watch)
    return () => {
      media.removeEventListener("change", watch)
      changes.disconnect()
    }
  }, [table, wanted])
}

function nameCells(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])]
  const names = heads.map((head) => (head.querySelector(".sr-only") ? "" : (head.textContent ?? "").trim()))
  const ticked = heads[0]?.querySelector("input[type=checkbox]") ? 1 : 0
  for (const body of table.tBodies)
    for (const row of body.rows)
      [...row.cells].forEach((cell, at) => {
        const name = names[at] ?? ""
        const value = (cell.textContent ?? "").trim()
        const empty = value === "–" && at > ticked
        cell.dataset.as =
          at < ticked ? "tick" : at === ticked ? "title" : empty ? "none" : name ? "value" : "acts"
        cell.dataset.name = name
        cell.toggleAttribute("data-long", name.length + value.length > HALF)
      })
}
