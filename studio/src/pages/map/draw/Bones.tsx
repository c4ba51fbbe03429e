/** The map's own shape in gray while it is counted; after a while, what takes so long. */
import { useEffect, useState } from "react"
import { t } from "@/text/t"
import { m } from "../text"
import css from "./Bones.module.css"

const SPOTS = [
  [8, 18, 18],
  [14, 52, 22],
  [26, 34, 20],
  [31, 62, 26],
  [38, 30, 16],
  [47, 50, 24],
  [53, 28, 18],
  [61, 66, 20],
  [66, 40, 26],
  [72, 74, 18],
  [80, 34, 20],
  [86, 60, 16],
  [93, 46, 18],
] as const // prettier: columns

export function Bones() {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 3_000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={css.bones} role="status" aria-label={t("state.loading")}>
      {[0, 1, 2, 3, 4, 5].map((column) => (
        <div key={column} className={css.column} style={{ left: `${10 + column * 15}%` }} />
      ))}
      {SPOTS.map(([x, y, r]) => (
        <div
          key={`${x} ${y}`}
          className={css.spot}
          style={{ left: `${10 + x * 0.88}%`, top: `${y}%`, width: r * 2, height: r * 2 }}
        />
      ))}
      {slow && <p className={css.slow}>{t("state.slow", { what: m("counting") })}</p>}
    </div>
  )
}
