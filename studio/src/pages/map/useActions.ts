/** What clicks and keys on the map do. */
import { useMemo } from "react"
import type { Shows } from "./address"
import type { useMap } from "./useMap"

export type Asked = ReturnType<typeof useMap>

export function useActions(shows: Shows, set: (to: Partial<Shows>, replace?: boolean) => void, map: Asked) {
  return useMemo(() => {
    const toggled = (list: readonly string[], id: string) =>
      list.includes(id) ? list.filter((one) => one !== id) : [...list, id]
    const focus = (id: string) => set({ focus: id, next: "", table: false })
    return {
      focus,
      pick: (id: string) => {
        const closed = map.groups.has(id) && !shows.open.includes(id)
        if (closed) set({ open: [...shows.open, id], focus: "", next: "" })
        else if (id === shows.focus && !shows.next) set({ focus: "", next: "" })
        else focus(id)
      },
      link: (from: string, to: string) => set({ focus: from, next: to }),
      stage: (id: string) => set({ stage: id === shows.stage ? "" : id }),
      channel: (id: string) => set({ folded: toggled(shows.folded, id) }),
      leave: () => set({ focus: "", next: "" }),
      closeGroup: (id: string) => {
        const group = map.graph?.at.get(id)?.group
        set({ open: shows.open.filter((name) => name !== id && name !== group), focus: "", next: "" })
      },
    }
  }, [shows, set, map.groups, map.graph])
}
