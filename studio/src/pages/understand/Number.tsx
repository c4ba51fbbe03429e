/** A number that is customers: pressing it lists them beside the picture. */
import type { Row } from "@/api/analyses"
import { count } from "@/text/format"
import css from "./understand.module.css"
import { useWho } from "./useAnalysis"

export function Customers({ value, row, of }: { value: number; row: Row; of: string }) {
  const [, show] = useWho()
  if (!value) return <span className="num">0</span>
  return (
    <button
      type="button"
      className={`${css.number} num`}
      aria-label={`${count(value)}, ${of}`}
      onClick={() => show(row)}
    >
      {count(value)}
    </button>
  )
}
