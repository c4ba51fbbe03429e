/** Parts of the studio that are loaded when they are first needed -> the same, also when the hub is away at that moment. */
import { prefix } from "@/api/prefix"
import { queries } from "@/api/queries"
import { session } from "./session"

const PAUSE = 2_000

/** Whether the hub answers at all. */
export async function answers(): Promise<boolean> {
  try {
    await fetch(`${prefix}/session`, { credentials: "same-origin" })
    return true
  } catch {
    return false
  }
}

/** Load a part; while the hub is away, wait until it is back. */
export async function patient<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (error) {
    if (await answers()) throw error
    void queries.invalidateQueries({ queryKey: session.queryKey })
    while (!(await answers())) await new Promise((done) => setTimeout(done, PAUSE))
    return load()
  }
}
