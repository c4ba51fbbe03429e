/** A row whose customers are listed ⇄ one word of the address: "table=steps&step=2&what=dropped". */
import type { Row, Value } from "@/api/analyses"

const NUMBER = /^-?\d+(\.\d+)?$/

export function wordOfRow(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${escaped(name)}=${escaped(told(value))}`)
    .join("&")
}

export function rowOf(word: string | undefined): Row | null {
  const pairs = (word ?? "").split("&").filter((pair) => pair.includes("="))
  if (!pairs.length) return null
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=")
      return [plain(pair.slice(0, at)), meant(plain(pair.slice(at + 1)))]
    }),
  )
}

/** A text that could be read as something else is quoted. */
function told(value: Value): string {
  if (typeof value !== "string") return String(value)
  return NUMBER.test(value) || /^(true|false|null|".*")$/s.test(value) ? `"${value}"` : value
}

function meant(text: string): Value {
  if (NUMBER.test(text)) return Number(text)
  if (text === "true" || text === "false") return text === "true"
  if (text === "null") return null
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text
}

const escaped = (text: string) => text.replaceAll("%", "%25").replaceAll("&", "%26").replaceAll("=", "%3D")
const plain = (text: string) => text.replaceAll("%3D", "=").replaceAll("%26", "&").replaceAll("%25", "%")
