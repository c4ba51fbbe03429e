/** What a segment was before, by whom and why; and back to it. */

import { useQuery } from "@tanstack/react-query"
import { api, told } from "@/api/client"
import { rollBack } from "@/api/documents"
import { Button } from "@/parts/Button"
import { Moment } from "@/parts/Moment"
import parts from "@/parts/parts.module.css"
import { failed, tell } from "@/parts/warned"
import css from "./segments.module.css"
import { s } from "./text"

export function History({ id, name, onDone }: { id: string; name: string; onDone: () => void }) {
  const versions = useQuery({
    queryKey: ["config", "segment", id],
    queryFn: ({ signal }) =>
      told(api.GET("/api/config/{kind}/{ref}", { params: { path: { kind: "segment", ref: id } }, signal })),
  })
  const back = async (version: number) => {
    try {
      tell(s("published", { name }), await rollBack("segment", id, version))
      onDone()
    } catch (error) {
      failed(error)
    }
  }
  if (!versions.data) return null
  return (
    <section className={parts.card} aria-labelledby="versions">
      <div className={parts.cardHead}>
        <h2 id="versions">{s("history")}</h2>
      </div>
      <ul className={css.versions}>
        {[...versions.data.data].reverse().map((one) => (
          <li key={one.version}>
            <span className="num">{s("version", { number: one.version })}</span>
            <span className={parts.pill} data-tone={one.state === "published" ? "better" : undefined}>
              {one.state === "published" ? s("inForce") : one.state}
            </span>
            <span className="quiet" dir="auto">
              <Moment at={one.at} /> · {one.by}
              {one.reason && ` · ${one.reason}`}
            </span>
            {one.state !== "published" && (
              <Button small onClick={() => void back(one.version)}>
                {s("back")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
