/** The hub's live stream -> items, one by one, for as long as somebody listens. What was missed while the line was down
 * comes first when it is back; a piece that is too long ago to be told comes as a gap. */
import type { Schemas } from "./client"
import { prefix } from "./prefix"

export type LiveItem = Schemas["LiveItem"]

/** Events between these two numbers of the log are not told. */
export interface Gap {
  after: number
  through: number
}

export type Line = "connecting" | "open" | "lost"

export interface Listener {
  onItem: (item: LiveItem) => void
  onGap?: (gap: Gap) => void
  onLine?: (line: Line) => void
}

const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000]

/** Listen from now on, with so many of the newest before; gives what ends it. */
export function listen(listener: Listener, recent = 0): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  let tries = 0

  const told = (event: MessageEvent<string>): unknown => {
    const place = Number(event.lastEventId)
    if (place > last) last = place
    return JSON.parse(event.data)
  }
  const open = () => {
    const place = last ? `after=${last}` : `recent=${recent}`
    source = new EventSource(`${prefix}/api/live?${place}`)
    source.onopen = () => {
      tries = 0
      listener.onLine?.("open")
    }
    source.onmessage = (event) => listener.onItem(told(event) as LiveItem)
    source.addEventListener("gap", (event) => listener.onGap?.(told(event) as Gap))
    source.onerror = () => {
      // A browser gives up on a line that was answered with an error, and its own tries forget `recent`.
      source?.close()
      listener.onLine?.("lost")
      timer = setTimeout(open, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)])
    }
  }
  listener.onLine?.("connecting")
  open()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
