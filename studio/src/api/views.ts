/** Views: pages as they stood, under a name. The hub keeps them for the whole team, as documents; this browser keeps those
 * of somebody who may not write there. */
import { queryOptions } from "@tanstack/react-query"
import { idFor } from "@/text/id"
import { api, Refused, told } from "./client"
import { type Done, publish } from "./documents"

export interface View {
  /** Of its document; "" when only this browser has it. */
  id: string
  name: string
  path: string
  /** With its question mark. */
  search: string
}

const KEPT = "harken.views"
const MOST = 100

export const views = queryOptions({
  queryKey: ["config", "view"],
  queryFn: ({ signal }) =>
    told(api.GET("/api/config/{kind}", { params: { path: { kind: "view" } }, signal })).then((page) =>
      page.data.filter((one) => one.published).map(viewOf),
    ),
  staleTime: 60_000,
})

function viewOf({ id, body }: { id: string; body: Record<string, unknown> }): View {
  const address = String(body.address ?? "")
  const at = address.indexOf("?")
  const name = String(body.name || id)
  return at < 0
    ? { id, name, path: address, search: "" }
    : { id, name, path: address.slice(0, at), search: address.slice(at) }
}

/** Keep a view for the team; where the hub takes nothing from who asks, in this browser. Undefined: there. */
export async function keep(view: View, known: readonly View[]): Promise<Done | undefined> {
  const id = view.id || idFor(view.name, new Set(known.map((one) => one.id)), "view")
  try {
    return await publish("view", [{ id, name: view.name, address: view.path + view.search }])
  } catch (error) {
    if (!(error instanceof Refused && (error.status === 401 || error.status === 403))) throw error
    keepHere([...here().filter((one) => !same(one, view)), view])
    return undefined
  }
}

/** Take a view away, wherever it is kept. */
export async function remove(view: View): Promise<Done> {
  if (view.id) return publish("view", [], { retired: [view.id] })
  const before = here()
  keepHere(before.filter((one) => !same(one, view)))
  return { undo: async () => keepHere(before), warnings: [] }
}

export const same = (one: View, other: View): boolean => one.path === other.path && one.name === other.name

/** What this browser keeps. */
export function here(): View[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]")
    if (!Array.isArray(found)) return []
    return found
      .filter((one) => one && ["name", "path", "search"].every((field) => typeof one[field] === "string"))
      .map(({ name, path, search }): View => ({ id: "", name, path, search }))
  } catch {
    return []
  }
}

export function keepHere(list: readonly View[]): void {
  try {
    localStorage.setItem(
      KEPT,
      JSON.stringify(list.slice(-MOST).map(({ name, path, search }) => ({ name, path, search }))),
    )
  } catch {
    // a browser that keeps nothing
  }
}
