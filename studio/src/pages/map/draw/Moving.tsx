/** Customers who move right now, as dots on their links. */
import { useEffect } from "react"
import { listen } from "@/api/live"
import { Whereabouts } from "../dots"
import css from "./Chart.module.css"
import { type Stage, usePainter } from "./usePainter"

const FRESH_MS = 15_000
const RECENT = 200

export function Moving(stage: Stage) {
  const painter = usePainter(stage)
  const { width, height } = stage.grid
  useEffect(() => {
    const where = new Whereabouts()
    return listen(
      {
        onItem: ({ profile, touchpoint, received, occurred }) => {
          const to = painter.discOf(touchpoint)
          if (!to) return
          const from = profile ? where.moved(profile, to) : undefined
          // what was heard before somebody looked, or looked away, is remembered, not drawn
          if (document.hidden || Date.now() - Date.parse(received ?? occurred) > FRESH_MS) return
          painter.send(from, to)
        },
      },
      RECENT,
    )
  }, [painter])
  return <canvas ref={painter.ref} className={`${css.layer} ${css.through}`} style={{ width, height }} />
}
