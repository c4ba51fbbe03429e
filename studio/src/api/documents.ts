/** Documents changed by hand -> drafted, published, and how to take all of it back. */
import { api, told } from "./client"
import { queries } from "./queries"

export type Kind = "touchpoint" | "stage" | "segment" | "view" | "idea"

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

/** How to take it back, and what the hub thinks is odd about it. */
export interface Done {
  undo: () => Promise<void>
  warnings: string[]
}

/** Draft and publish documents, and retire others. What was done stays done when a later one fails. */
export async function publish(
  kind: Kind,
  bodies: readonly Record<string, unknown>[],
  { retired = [], reason = "" }: { retired?: readonly string[]; reason?: string } = {},
): Promise<Done> {
  const done: Before[] = []
  const warnings: string[] = []
  const before = await inForce(kind)
  for (const body of bodies) {
    const ref = String(body.id)
    await draft(kind, body, reason)
    const published = await told(
      api.POST("/api/config/{kind}/{ref}/publish", { params: path(kind, ref), body: { reason, version: 0 } }),
    )
    warnings.push(...(published.warnings ?? []))
    done.push({ kind, id: ref, version: before.get(ref) ?? 0 })
  }
  for (const ref of retired) {
    const version = before.get(ref) ?? 0
    if (!version) continue
    const retiring = { params: path(kind, ref), body: { reason } }
    warnings.push(...((await told(api.POST("/api/config/{kind}/{ref}/retire", retiring))).warnings ?? []))
    done.push({ kind, id: ref, version })
  }
  refresh(kind)
  return { undo: () => takeBack(done), warnings: [...new Set(warnings)] }
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
  for (const kind of new Set(done.map((one) => one.kind))) refresh(kind)
}

export async function rollBack(kind: Kind, ref: string, version: number): Promise<Done> {
  const before = (await inForce(kind)).get(ref) ?? 0
  const back = await told(
    api.POST("/api/config/{kind}/{ref}/rollback", { params: path(kind, ref), body: { version, reason: "" } }),
  )
  refresh(kind)
  return { undo: () => takeBack([{ kind, id: ref, version: before }]), warnings: back.warnings ?? [] }
}

/** Everything that shows what was published is asked anew; the background work is looked at from now on. */
function refresh(kind: Kind): void {
  const aside = kind === "view" || kind === "idea" // nothing that is counted follows from them
  const concerned = aside ? ["config"] : ["config", "touchpoints", "map", "segments", "relabel"]
  if (!aside) publishedAt = Date.now()
  for (const key of concerned) void queries.invalidateQueries({ queryKey: [key] })
}

let publishedAt = 0

/** Whether something the past is told by was published from here within the last seconds. */
export const justPublished = (seconds: number): boolean => Date.now() - publishedAt < 1_000 * seconds
