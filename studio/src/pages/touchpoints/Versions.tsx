/** What a touchpoint was before, and back to it. */

import { useQuery } from "@tanstack/react-query"
import { api, told } from "@/api/client"
import { rollBack } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Moment } from "@/parts/Moment"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import { filled } from "@/text/t"
import { text } from "./text"
import css from "./touchpoints.module.css"

export function Versions({ id, onDone }: { id: string; onDone: () => void }) {
  const versions = useQuery({
    queryKey: ["config", "touchpoint", id],
    queryFn: ({ signal }) =>
      told(
        api.GET("/api/config/{kind}/{ref}", { params: { path: { kind: "touchpoint", ref: id } }, signal }),
      ),
  })
  const back = async (version: number) => {
    try {
      const done = await rollBack("touchpoint", id, version)
      tell(filled(text.saved, { name: id }), done, text.relabelNote)
      onDone()
    } catch (error) {
      failed(error)
    }
  }
  if (!versions.data) return null
  return (
    <details className={css.versions}>
      <summary>
        {text.history} <span className="quiet num">{versions.data.data.length}</span>
      </summary>
      <ul>
        {[...versions.data.data].reverse().map((one) => (
          <li key={one.version}>
            <span className="num">{filled(text.version, { number: one.version })}</span>
            <span className={parts.pill} data-tone={one.state === "published" ? "better" : undefined}>
              {one.state === "published" ? text.published : one.state}
            </span>
            <span className="quiet">
              <Moment at={one.at} /> · {one.by}
              {one.reason && ` · ${one.reason}`}
            </span>
            {one.state !== "published" && (
              <Button small onClick={() => void back(one.version)}>
                {text.back}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
