/** Documents changed by hand -> drafted, published, and how to take all of it back. */
import { toast } from "sonner"
import { api, told, why } from "@/api/client"
import { queries } from "@/api/queries"
import { touchpointLabel } from "@/parts/channel"
import { warned } from "@/parts/warned"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import { type Catalogue, watchRelabeling } from "./asked"
import type { Row } from "./model"
import { text } from "./text"

export type Kind = "touchpoint" | "stage" | "segment"

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
  refresh()
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
  refresh()
}

export async function rollBack(kind: Kind, ref: string, version: number): Promise<Done> {
  const before = (await inForce(kind)).get(ref) ?? 0
  const back = await told(
    api.POST("/api/config/{kind}/{ref}/rollback", { params: path(kind, ref), body: { version, reason: "" } }),
  )
  refresh()
  return { undo: () => takeBack([{ kind, id: ref, version: before }]), warnings: back.warnings ?? [] }
}

/** Everything that shows names is asked anew; the background work is looked at from now on. */
export function refresh(): void {
  for (const key of ["touchpoints", "config", "map", "segments"])
    void queries.invalidateQueries({ queryKey: [key] })
  watchRelabeling()
}

/** Say what was done, with a way back; what the hub thinks is odd about it stays until somebody has read it. */
export function tell(message: string, { undo, warnings }: Done, description?: string): void {
  const action = { label: text.undo, onClick: () => void undo().then(() => toast(text.undone), failed) }
  warned(message, warnings, { description, duration: 12_000, action })
}

export function failed(error: unknown): void {
  toast.error(filled(text.failed, { why: why(error) }))
}

/** Change what is said of touchpoints; a place nobody named gets a document of its present name and the rules that catch it. */
export async function revise(
  rows: readonly Row[],
  catalogue: Catalogue,
  change: { stage: string } | { group: string },
): Promise<void> {
  try {
    const bodies = await documents(rows, catalogue)
    const done = await publish(
      "touchpoint",
      bodies.map((body) => ({ ...body, ...change })),
    )
    const one = rows.length === 1 && rows[0]
    const stage = "stage" in change && catalogue.stages.find((known) => known.id === change.stage)
    const said =
      one && "stage" in change
        ? filled(text.movedTo, {
            name: touchpointLabel(one.touchpoint),
            stage: stage ? stage.name : text.noStage,
          })
        : filled(text.savedMany, { count: count(rows.length) })
    tell(said, done, text.relabelNote)
  } catch (error) {
    failed(error)
  }
}

/** Each touchpoint's document; of a place nobody named, one of its present name and the rules that catch it. */
async function documents(rows: readonly Row[], catalogue: Catalogue): Promise<Record<string, unknown>[]> {
  const places = rows.filter((row) => !catalogue.entries.has(row.touchpoint)).map((row) => row.touchpoint)
  const proposed = places.length
    ? (await told(api.POST("/api/touchpoints/propose", { body: { touchpoints: places } }))).data
    : []
  const rules = new Map(proposed.map((one) => [one.touchpoint, one.match]))
  return rows.map(
    ({ touchpoint: id }) => catalogue.entries.get(id)?.body ?? { id, match: rules.get(id) ?? [] },
  )
}
