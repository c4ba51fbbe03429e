/** A rule as the hub writes it, and what the builder does with it: read a part, change it, say what its fields hold. A rule
 * is never taken apart further than the fields can show, so that what they cannot show stays as it was written. */

export type Value = string | number | boolean
export type Rule = { readonly [key: string]: unknown }
export type Join = "all" | "any"

export interface Group {
  join: Join
  not: boolean
  inner: readonly Rule[]
}

/** A rule that is a group, perhaps turned around; null when it is one condition. */
export function groupOf(rule: Rule): Group | null {
  if (isRule(rule.not)) {
    const inner = rule.not
    const found = joined(inner)
    return found && { ...found, not: true }
  }
  return joined(rule)
}

function joined(rule: Rule): Group | null {
  for (const join of ["all", "any"] as const) {
    const inner = rule[join]
    if (Array.isArray(inner)) return { join, not: false, inner: inner.filter(isRule) }
  }
  return null
}

export function ruleOf({ join, not, inner }: Group): Rule {
  const rule = { [join]: inner }
  return not ? { not: rule } : rule
}

/** A group around a rule that is one condition, so that others can stand beside it. */
export function grouped(rule: Rule): Rule {
  return groupOf(rule) ? rule : { all: [rule] }
}

/** Where the hub says a part of a group is: "rule.not.all[1]". */
export function pathOf(group: Group, path: string, at: number): string {
  return `${path}${group.not ? ".not" : ""}.${group.join}[${at}]`
}

/** One condition, and whether it is turned around. */
export function leafOf(rule: Rule): { leaf: Rule; not: boolean } {
  return isRule(rule.not) && !groupOf(rule) ? { leaf: rule.not, not: true } : { leaf: rule, not: false }
}

export function isRule(value: unknown): value is Rule {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export const TESTS = [
  "is", "is_not", "in", "not_in", "contains", "starts_with", "exists",
  "above", "below", "at_least", "at_most", "between",
] as const // biome-ignore format: two lines
export const NUMBERS = ["above", "below", "at_least", "at_most", "between"] as const

/** The comparisons a condition has. */
export function testsOf(leaf: Rule): string[] {
  return TESTS.filter((op) => op in leaf)
}

/** How often, as the fields show it. */
export interface Often {
  op: "at_least" | "at_most" | "exactly" | "between" | "never"
  low: number
  high: number
}

export function oftenOf(leaf: Rule): Often {
  const number = (key: string, usual: number) => (typeof leaf[key] === "number" ? leaf[key] : usual)
  if (leaf.never === true) return { op: "never", low: 1, high: 1 }
  if ("exactly" in leaf) return { op: "exactly", low: number("exactly", 1), high: number("exactly", 1) }
  const [low, high] = [number("at_least", 1), number("at_most", 1)]
  if ("at_least" in leaf && "at_most" in leaf) return { op: "between", low, high }
  return "at_most" in leaf ? { op: "at_most", low: high, high } : { op: "at_least", low, high: low }
}

export function withOften(leaf: Rule, { op, low, high }: Often): Rule {
  const { at_least: _, at_most: __, exactly: ___, never: ____, ...rest } = leaf
  if (op === "never") return { ...rest, never: true }
  if (op === "between") return { ...rest, at_least: Math.min(low, high), at_most: Math.max(low, high) }
  return { ...rest, [op]: low }
}

/** A condition with another comparison, its value kept where that can be. */
export function withTest(leaf: Rule, op: string, value: unknown): Rule {
  const rest = Object.fromEntries(Object.entries(leaf).filter(([key]) => !testsOf(leaf).includes(key)))
  return { ...rest, [op]: value }
}

/** A first value for a comparison, from the one there was. */
export function fitting(op: string, before: unknown, numbers: boolean): unknown {
  const one = Array.isArray(before) ? before[0] : before
  const number = typeof one === "number" ? one : 1
  if (op === "exists") return typeof before === "boolean" ? before : true
  if (op === "between") return [number, number + 1]
  if (op === "in" || op === "not_in") return Array.isArray(before) ? before : one === undefined ? [] : [one]
  if ((NUMBERS as readonly string[]).includes(op)) return number
  return typeof one === "boolean" && !numbers ? "" : (one ?? "")
}

/** What was typed as a value: text, unless the others of its kind are numbers or yes and no. */
export function typedValue(typed: string, others: readonly unknown[]): Value {
  const text = typed.trim()
  const only = (kind: string) => others.length > 0 && others.every((one) => typeof one === kind)
  if (only("number") && text !== "" && Number.isFinite(Number(text))) return Number(text)
  if (only("boolean") && (text === "true" || text === "false")) return text === "true"
  return typed
}

/** The problems of one part, and not of a part within it. */
export function problemsAt(problems: readonly string[], path: string, inner: readonly string[]): string[] {
  return problems
    .filter((one) => one.startsWith(`${path}:`) || one.startsWith(`${path}.`))
    .filter((one) => !inner.some((part) => one.startsWith(`${part}:`) || one.startsWith(`${part}.`)))
    .map((one) => one.slice(one.indexOf(": ") + 2))
}
