/** Numbers, shares and times for people, in the browser's language where that matters. */

const whole = new Intl.NumberFormat("en")

/** 12345 -> "12,345". */
export function count(value: number): string {
  return whole.format(Math.round(value))
}

/** Short: 999 -> "999", 1234 -> "1.2k", 12345 -> "12k", 3_400_000 -> "3.4M". */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size < 999.5) return String(Math.round(value))
  const [by, letter] =
    size < 999_500 ? [1_000, "k"] : size < 999_500_000 ? [1_000_000, "M"] : [1_000_000_000, "B"]
  const scaled = value / (by as number)
  return (Math.abs(scaled) < 9.95 ? scaled.toFixed(1) : Math.round(scaled).toString()) + letter
}

/** 0.1234 -> "12 %"; `digits` after the point. Tiny shares are "<1 %", never "0 %". */
export function share(value: number, digits = 0): string {
  const least = 10 ** -digits
  if (value > 0 && value * 100 < least / 2) return `<${least.toFixed(digits)} %`
  return `${(value * 100).toFixed(digits)} %`
}

/** +12, −3, 0: a value with its sign. */
export function signed(value: number, digits = 0): string {
  const told = Math.abs(value).toFixed(digits)
  return Number(told) === 0 ? told : `${value > 0 ? "+" : "−"}${told}`
}

/** Seconds of a unit, its name, and from where on it is the one: what rounds to 60 min is 1 h. */
const STEPS: [number, string, number][] = [
  [86_400, "d", 84_600],
  [3_600, "h", 3_570],
  [60, "min", 59.5],
  [1, "s", 1],
]

/** A duration in seconds: "45 s", "12 min", "3.5 h", "6 d". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–"
  if (seconds < 1) return seconds === 0 ? "0 s" : "<1 s"
  for (const [size, unit, from] of STEPS) {
    if (seconds >= from) {
      const value = seconds / size
      return `${value < 9.95 && unit !== "s" && unit !== "min" ? trim(value.toFixed(1)) : Math.round(value)} ${unit}`
    }
  }
  return `${Math.round(seconds)} s`
}

function trim(value: string): string {
  return value.endsWith(".0") ? value.slice(0, -2) : value
}

/** How long ago, as people say it: "now", "5 min ago", "3 h ago", "2 d ago"; a date when it is more than 30 days. */
export function ago(moment: string | number | Date, now = Date.now()): string {
  const seconds = (now - new Date(moment).getTime()) / 1000
  if (seconds < -60) return exact(moment)
  if (seconds < 10) return "now"
  if (seconds > 30 * 86_400) return date(moment)
  return `${duration(seconds < 60 ? Math.round(seconds) : seconds)} ago`
}

/** A moment exactly, in the browser's time zone: for titles and tables. */
export function exact(moment: string | number | Date): string {
  return new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })
}

/** A day: "3 Nov 2026". */
export function date(moment: string | number | Date): string {
  return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })
}

/** 1 -> "1 customer", 2 -> "2 customers". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** At most `most` characters, the last of them an ellipsis; whole letters, whatever their script. */
export function cut(value: string, most: number): string {
  const letters = [...value.slice(0, most * 4 + 4)]
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : value
}
