/** Documents changed by hand -> drafted, published, and how to take all of it back. */
import { toast } from "sonner"
import { api, told } from "@/api/client"
import { queries } from "@/api/queries"
import { filled } from "@/text/t"
import { watchRelabeling } from "./asked"
import { text } from "./text"

export type Kind = "touchpoint" | "stage"

/** What one document was before: the version in force, 0 when none was. */
interface Before {
  kind: Kind
  id: string
  version: number
}

const path = (kind: Kind, ref: string) => ({ path: { kind, ref } })

/** The versions in force, by id. */
async function inForce(kind: Kind): Promise<Map<string, number>> {
  const page = await told(api.GET("/api/config/{kind}", { params: { path: { kind } } }))
  return new Map(page.data.map((one) => [one.id, one.published]))
}

/** Write a draft. */
export async function draft(kind: Kind, body: Record<string, unknown>, reason = ""): Promise<number> {
  const ref = String(body.id)
  const params = { ...path(kind, ref), query: { reason } }
  return (await told(api.PUT("/api/config/{kind}/{ref}", { params, body }))).version
}

/** Draft and publish documents, and retire others; gives how to undo. What was done stays done when a later one fails. */
export async function publish(
  kind: Kind,
  bodies: readonly Record<string, unknown>[],
  { retired = [], reason = "" }: { retired?: readonly string[]; reason?: string } = {},
): Promise<() => Promise<void>> {
  const done: Before[] = []
  const before = await inForce(kind)
  for (const body of bodies) {
    const ref = String(body.id)
    await draft(kind, body, reason)
    await told(
      api.POST("/api/config/{kind}/{ref}/publish", { params: path(kind, ref), body: { reason, version: 0 } }),
    )
    done.push({ kind, id: ref, version: before.get(ref) ?? 0 })
  }
  for (const ref of retired) {
    const version = before.get(ref) ?? 0
    if (!version) continue
    await told(api.POST("/api/config/{kind}/{ref}/retire", { params: path(kind, ref), body: { reason } }))
    done.push({ kind, id: ref, version })
  }
  refresh()
  return () => takeBack(done)
}

async function takeBack(done: readonly Before[]): Promise<void> {
  for (const { kind, id, version } of [...done].reverse()) {
    const params = path(kind, id)
    if (version)
      await told(
        api.POST("/api/config/{kind}/{ref}/rollback", { params, body: { version, reason: "taken back" } }),
      )
    else await told(api.POST("/api/config/{kind}/{ref}/retire", { params, body: { reason: "taken back" } }))
  }
  refresh()
}

export async function rollBack(kind: Kind, ref: string, version: number): Promise<() => Promise<void>> {
  const before = (await inForce(kind)).get(ref) ?? 0
  await told(
    api.POST("/api/config/{kind}/{ref}/rollback", { params: path(kind, ref), body: { version, reason: "" } }),
  )
  refresh()
  return () => takeBack([{ kind, id: ref, version: before }])
}

/** Everything that shows names is asked anew; the background work is looked at from now on. */
export function refresh(): void {
  for (const key of ["touchpoints", "config", "map"]) void queries.invalidateQueries({ queryKey: [key] })
  watchRelabeling()
}

/** Say what was done, with a way back. */
export function tell(message: string, undo: () => Promise<void>, description?: string): void {
  toast(message, {
    description,
    duration: 12_000,
    action: {
      label: text.undo,
      onClick: () => void undo().then(() => toast(text.undone), failed),
    },
  })
}

export function failed(error: unknown): void {
  toast.error(filled(text.failed, { why: error instanceof Error ? error.message : String(error) }))
}
