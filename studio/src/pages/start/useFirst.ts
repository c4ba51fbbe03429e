/** The first thing the hub hears, what came after it, and what came and could not be taken. */
import { useQuery } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { api, type Schemas, told } from "@/api/client"
import { type Line, type LiveItem, listen } from "@/api/live"
import { queries } from "@/api/queries"

export interface First {
  newest: LiveItem | null
  /** Heard since the page was opened. */
  count: number
  line: Line
  refused: Schemas["DeadLetter"] | null
}

const LETTERS_MS = 3_000

export function useFirst(): First {
  const [newest, setNewest] = useState<LiveItem | null>(null)
  const [count, setCount] = useState(0)
  const [line, setLine] = useState<Line>("connecting")
  const [opened] = useState(() => Date.now())
  const [last, setLast] = useState(0)

  useEffect(() => {
    let waiting: LiveItem | null = null
    let came = 0
    // many may come at once: they are looked at together
    const timer = setInterval(() => {
      if (!waiting) return
      setNewest(waiting)
      setCount(came)
      setLast(Date.now())
      waiting = null
      void queries.invalidateQueries({ queryKey: ["sample"] })
    }, 250)
    const end = listen(
      {
        onItem: (item) => {
          waiting = item
          if (Date.parse(item.received ?? item.occurred) > opened - 1_000) came += 1
        },
        onLine: setLine,
      },
      1,
    )
    return () => {
      clearInterval(timer)
      end()
    }
  }, [opened])

  const letters = useQuery({
    queryKey: ["dead-letter", "newest"],
    queryFn: ({ signal }) => told(api.GET("/api/dead-letter", { params: { query: { limit: 500 } }, signal })),
    refetchInterval: LETTERS_MS,
  })
  const refused =
    letters.data?.data.filter((one) => Date.parse(one.last) > Math.max(opened - 1_000, last)).at(-1) ?? null
  return { newest, count, line, refused }
}
