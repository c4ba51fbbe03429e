/** The hub's read API, typed by its OpenAPI document. An answer that is no success is thrown as `Refused`. */
import createClient, { type Middleware } from "openapi-fetch"
import { prefix } from "./prefix"
import type { components, paths } from "./schema"

export type Schemas = components["schemas"]

/** Why the hub did not do what was asked, in its own words. Status 0: it did not answer at all. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId = "",
  ) {
    super(message)
  }
}

const thrower: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return undefined
    let told: { code?: string; message?: string; request_id?: string } = {}
    try {
      const body: unknown = await response.clone().json()
      if (typeof body === "object" && body !== null)
        told = "error" in body && typeof body.error === "object" && body.error ? body.error : body
    } catch {
      // no JSON: a proxy answered
    }
    const requestId = told.request_id ?? response.headers.get("x-request-id") ?? ""
    throw new Refused(
      response.status,
      told.code ?? "failed",
      told.message ?? `the hub answered ${response.status}`,
      requestId,
    )
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error
    return new Refused(0, "unreachable", "the hub does not answer")
  },
}

export const api = createClient<paths>({ baseUrl: location.origin + prefix, credentials: "same-origin" })
api.use(thrower)

/** The data of an answer; `api` has thrown when there is none. */
export async function told<T>(asked: Promise<{ data?: T }>): Promise<T> {
  return (await asked).data as T
}

/** What went wrong, for people. */
export function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
