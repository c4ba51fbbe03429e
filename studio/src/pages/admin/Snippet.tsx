/** How to send events as a source, with the client somebody has. */
import { useId } from "react"
import { prefix } from "@/api/prefix"
import { useWords } from "@/app/search"
import { filled } from "@/text/t"
import css from "./admin.module.css"
import { Copy } from "./Copy"
import { text } from "./text"

const words = text.sources.snippet
const KEY = "hk_write_…"
const CLIENTS = {
  curl: "curl",
  browser: "Browser (Segment)",
  node: "Node (Segment)",
  python: "Python (Segment)",
  import: "Import a table",
} as const
type Client = keyof typeof CLIENTS

export function Snippet({ source }: { source: string }) {
  const [search, change] = useWords()
  const id = useId()
  const client: Client = search.client && search.client in CLIENTS ? (search.client as Client) : "curl"
  const snippet = written(client, location.origin + prefix, source)
  return (
    <section className={css.snippet} aria-labelledby={id}>
      <div>
        <h3 id={id}>{filled(words.title, { id: source })}</h3>
        <div style={{ display: "flex", gap: 8 }}>
          <select
            aria-label={words.label}
            value={client}
            onChange={(event) => change({ client: event.target.value }, { replace: true })}
          >
            {Object.entries(CLIENTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <Copy text={snippet} />
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard */}
      <pre className={css.raw} tabIndex={0} dir="ltr">
        {snippet}
      </pre>
      {client !== "import" && <p className="quiet">{filled(words.about, { key: KEY })}</p>}
    </section>
  )
}

export function written(client: Client, hub: string, source: string): string {
  switch (client) {
    case "curl":
      return `curl -u ${KEY}: ${hub}/v1/track -d '{\n  "userId": "ada", "event": "Plan Viewed", "properties": {"plan": "gold"}}'`
    case "browser":
      return `import { AnalyticsBrowser } from "@segment/analytics-next"\n\nconst analytics = AnalyticsBrowser.load({\n  writeKey: "${KEY}",\n  cdnURL: "${hub}",\n})\nanalytics.page()`
    case "node":
      return `import { Analytics } from "@segment/analytics-node"\n\nconst analytics = new Analytics({ writeKey: "${KEY}", host: "${hub}" })\nanalytics.track({ userId: "ada", event: "Plan Viewed" })`
    case "python":
      return `import segment.analytics as analytics\n\nanalytics.write_key, analytics.host = "${KEY}", "${hub}"\nanalytics.track("ada", "Plan Viewed", {"plan": "gold"})`
    case "import":
      return `harken import visits.csv --source ${/^[\w.-]+$/.test(source) ? source : `'${source.replaceAll("'", "'\\''")}'`} --who email=mail --time at --event page --dry-run`
  }
}
