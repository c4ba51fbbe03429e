/** A question about journeys -> its answer, the customers behind one of its rows, one of its tables as CSV.
 *
 * Every analysis of the hub is asked the same way: `POST /api/journeys/{name}` with a body of its own. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query"
import { api, type Schemas, told } from "./client"

export type Value = string | number | boolean | null
export type Row = Readonly<Record<string, Value>>

export interface Column {
  name: string
  title: string
  kind: string
}

export interface Table {
  title: string
  note: string
  columns: readonly Column[]
  rows: readonly Row[]
}

export interface Header {
  as_of: string
  since: string | null
  until: string | null
  journey: string
  timeout_seconds: number
  horizon_seconds: number
  version: number
  last_seq: number
  events: number
  customers: number
  ties: number
  exact: boolean
}

export interface Answer {
  analysis: string
  caption: string
  question: Readonly<Record<string, unknown>>
  header: Header
  totals: Row
  tables: Readonly<Record<string, Table>>
}

export type Body = Readonly<Record<string, unknown>>
export type People = Schemas["ProfilePage"]

/** How often an answer that is looked at is counted again. */
const AGAIN = 60_000
const PEOPLE = 50

/** The client knows each analysis by an address of its own; here they are all one. */
type Post = (path: string, said: Record<string, unknown>) => Promise<{ data?: unknown }>
const post = api.POST as unknown as Post

export const asked = (name: string, body: Body) =>
  queryOptions({
    queryKey: ["analysis", name, body],
    queryFn: ({ signal }) => told(post(`/api/journeys/${name}`, { body, signal })) as Promise<Answer>,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  })

export function people(name: string, body: Body, row: Row, cursor: string, signal: AbortSignal) {
  const params = { query: { limit: PEOPLE, ...(cursor && { cursor }) } }
  const said = { body: { ...body, row }, params, signal }
  return told(post(`/api/journeys/${name}/customers`, said)) as Promise<People>
}

/** One table as the hub writes it, whole. */
export function csv(name: string, body: Body, table: string): Promise<Blob> {
  const said = { body, params: { query: { format: "csv", table } }, parseAs: "blob" }
  return told(post(`/api/journeys/${name}`, said)) as Promise<Blob>
}
