/** Ideas: what the team wants to try, each with the gap it was read from. The hub keeps them as documents. */
import { queryOptions } from "@tanstack/react-query"
import { idFor } from "@/text/id"
import type { Body, Row } from "./analyses"
import { api, told } from "./client"
import { type Done, publish } from "./documents"

export const STATUSES = ["open", "trying", "done", "dropped"] as const
export type Status = (typeof STATUSES)[number]

export interface Origin {
  analysis: string
  question: Body
  row: Row
  /** Of the page that shows it, within the studio. */
  address: string
}

export interface Idea {
  id: string
  name: string
  origin: Origin
  hypothesis: string
  value: number | null
  status: Status
  owner: string
}

export const ideas = queryOptions({
  queryKey: ["config", "idea"],
  queryFn: ({ signal }) =>
    told(api.GET("/api/config/{kind}", { params: { path: { kind: "idea" } }, signal })).then((page) =>
      page.data.filter((one) => one.published).map(({ id, body }) => ideaOf(id, body)),
    ),
  staleTime: 60_000,
})

function ideaOf(id: string, body: Record<string, unknown>): Idea {
  const origin = (body.origin ?? {}) as Partial<Origin>
  return {
    id,
    name: String(body.name || id),
    origin: {
      analysis: String(origin.analysis ?? ""),
      question: origin.question ?? {},
      row: origin.row ?? {},
      address: String(origin.address ?? ""),
    },
    hypothesis: String(body.hypothesis ?? ""),
    value: typeof body.value === "number" ? body.value : null,
    status: STATUSES.find((one) => one === body.status) ?? "open",
    owner: String(body.owner ?? ""),
  }
}

/** Keep an idea; one without an id gets one from its name. */
export async function keepIdea(idea: Idea, known: readonly Idea[]): Promise<Done> {
  const id = idea.id || idFor(idea.name, new Set(known.map((one) => one.id)), "idea")
  const { analysis, question, row, address } = idea.origin
  const origin = { analysis, question, row, ...(address && { address }) }
  return publish("idea", [{ ...idea, id, origin }])
}

export const removeIdea = (idea: Idea): Promise<Done> => publish("idea", [], { retired: [idea.id] })
