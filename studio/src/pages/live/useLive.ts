/** The live stream of the hub -> the model, looked at a few times a second. */
import { useEffect, useRef, useState } from "react"
import { type Line, listen } from "@/api/live"
import { type Filter, Live } from "./model"

const LOOK_MS = 200
const FIRST = 1_000
/** What was heard before the page was opened is told first, and may come late where much else is going on. */
const BEGINNING_MS = 30_000

export interface Watched {
  live: Live
  line: Line
  now: number
}

export function useLive(filter: Filter, held: boolean): Watched {
  const [live] = useState(() => new Live())
  const [line, setLine] = useState<Line>("connecting")
  const [now, setNow] = useState(Date.now)
  const begun = useRef(0)
  const before = useRef(0)

  useEffect(() => {
    begun.current = Date.now()
    before.current = FIRST
    return listen(
      {
        onItem: (item) => {
          const at = Date.now()
          const heard = new Date(item.received ?? item.occurred).getTime()
          // never more than were asked for: a hub whose clock is behind is not all history
          const old = before.current > 0 && at - begun.current < BEGINNING_MS && heard < begun.current
          if (old) before.current -= 1
          live.take(item, at, old ? Math.max(1, at - heard) : 0)
        },
        onGap: (gap) => live.gap(gap),
        onLine: setLine,
      },
      FIRST,
    )
  }, [live])

  useEffect(() => {
    live.narrow(filter)
    setNow(Date.now())
  }, [live, filter])

  useEffect(() => {
    live.hold(held)
    setNow(Date.now())
  }, [live, held])

  useEffect(() => {
    const timer = setInterval(() => {
      const at = Date.now()
      live.draw(at)
      setNow(at)
    }, LOOK_MS)
    return () => clearInterval(timer)
  }, [live])

  return { live, line, now }
}
