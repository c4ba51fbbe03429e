/** A text by its key, with `{names}` filled in.
 *
 *     t("state.requestId", { id: "r-1" })  ->  "Request r-1"
 */
import { en, type Text } from "./en"

export function t(key: Text, values: Record<string, string | number> = {}): string {
  return filled(en[key], values)
}

/** `{names}` of a text filled in; one without a value stays. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
