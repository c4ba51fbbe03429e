/** An element -> its size, told again whenever it changes. */
import { useCallback, useState } from "react"

export interface Size {
  width: number
  height: number
}

export function useSize<Watched extends Element>(): [(element: Watched | null) => void, Size | null] {
  const [size, setSize] = useState<Size | null>(null)
  const ref = useCallback((element: Watched | null) => {
    if (!element) return undefined
    const watch = new ResizeObserver(([entry]) => {
      if (!entry) return
      const width = Math.floor(entry.contentRect.width)
      const height = Math.floor(entry.contentRect.height)
      setSize((before) => (before?.width === width && before.height === height ? before : { width, height }))
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  return [ref, size]
}
