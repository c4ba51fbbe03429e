/** Whether a condition of the window holds, as it changes: `useMedia("print")`. */
import { useEffect, useState } from "react"

export function useMedia(condition: string): boolean {
  const [holds, tell] = useState(() => matchMedia(condition).matches)
  useEffect(() => {
    const media = matchMedia(condition)
    const changed = () => tell(media.matches)
    changed()
    media.addEventListener("change", changed)
    return () => media.removeEventListener("change", changed)
  }, [condition])
  return holds
}
