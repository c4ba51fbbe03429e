/** Whether somebody is signed in, who, and how to sign in and out. The session itself is a cookie no script can read. */
import { queryOptions } from "@tanstack/react-query"
import { Refused } from "@/api/client"
import { prefix } from "@/api/prefix"
import { queries } from "@/api/queries"

export interface Session {
  signed_in: boolean
  /** Signed in by an address of this machine (a demo), so there is nothing to sign out of. */
  open: boolean
  label: string
  version: string
}

export const session = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session> => {
    let response: Response
    try {
      response = await fetch(`${prefix}/session`, { credentials: "same-origin" })
    } catch {
      throw new Refused(0, "unreachable", "the hub does not answer")
    }
    if (!response.ok) throw new Refused(response.status, "failed", `the hub answered ${response.status}`)
    return response.json()
  },
  staleTime: 60_000,
  retry: false,
})

/** Sign in with a secret key; Refused says why not. */
export async function signIn(key: string): Promise<void> {
  const response = await fetch(`${prefix}/session`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  })
  if (!response.ok) {
    const told = await response.json().catch(() => ({}))
    throw new Refused(
      response.status,
      told.code ?? "failed",
      told.message ?? `the hub answered ${response.status}`,
    )
  }
  await queries.invalidateQueries({ queryKey: session.queryKey })
}

/** End the session on this browser; nothing of what was shown stays. */
export async function signOut(): Promise<void> {
  await fetch(`${prefix}/session`, { method: "DELETE", credentials: "same-origin" })
  queries.setQueryData(session.queryKey, (before) => before && { ...before, signed_in: false })
  queries.removeQueries({ predicate: (one) => one.queryKey[0] !== session.queryKey[0] })
}
