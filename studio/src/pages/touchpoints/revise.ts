/** Touchpoints moved to a stage or into a group: said, with a way back. */
import { api, told } from "@/api/client"
import { publish } from "@/api/documents"
import { touchpointLabel } from "@/parts/channel"
import { failed, tell } from "@/parts/warned"
import { count } from "@/text/format"
import { filled } from "@/text/t"
import type { Catalogue } from "./asked"
import type { Row } from "./model"
import { text } from "./text"

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
