import { expect, test } from "vitest"
import type { Row } from "@/api/analyses"
import { questionOf, showsOf, wordsOf } from "@/pages/funnels/address"
import { rowOf, wordOfRow } from "@/pages/understand/row"
import { bodyOf, scopeOf, wordsOf as wordsOfScope } from "@/pages/understand/scope"
import { joined, listed } from "@/text/list"

const HOSTILE = ["a,b", "100 %", "%2C", 'x" & y=z', "stage:buy | store: Shop", "ü → 漢", "="]

test("texts of an address come back whole, whatever is in them", () => {
  expect(listed(joined(HOSTILE))).toEqual(HOSTILE)
  expect(joined([])).toBeUndefined()
})

test("a row of an address comes back whole: numbers as numbers, texts that look like them as texts", () => {
  const rows: Row[] = [
    { table: "steps", step: 2, what: "dropped" },
    { table: "instead", step: 1, next: "404" },
    { next: "true", b: true, c: null, d: '"quoted"', e: "" },
    ...HOSTILE.map((next) => ({ table: "instead", next })),
  ]
  for (const row of rows) expect(rowOf(wordOfRow(row))).toEqual(row)
  expect(rowOf("")).toBeNull()
  expect(rowOf(undefined)).toBeNull()
})

test("what is as it is anyway is not in the address, nor asked", () => {
  const scope = scopeOf({})
  expect(bodyOf(scope)).toEqual({})
  expect(Object.values(wordsOfScope(scope)).filter(Boolean)).toEqual([])
  expect(scopeOf({ level: "nonsense", journey: "", repeats: "x", from: "yesterday" })).toEqual(scope)
})

test("a scope comes back from its words", () => {
  const scope = {
    ...scopeOf({}),
    from: "2026-09-01",
    to: "2026-09-30",
    segment: "at risk",
    level: "stage" as const,
    journey: "goal" as const,
    goal: ["web: Order placed"],
    repeats: "first" as const,
    table: true,
  }
  expect(scopeOf(wordsOfScope(scope))).toEqual(scope)
  expect(bodyOf(scope)).toEqual({
    from: "2026-09-01",
    to: "2026-10-01",
    segment: "at risk",
    level: "stage",
    journey: "goal",
    goal: ["web: Order placed"],
    repeats: "first",
  })
})

test("journeys to a goal are whole lives until a goal is named", () => {
  expect(bodyOf(scopeOf({ journey: "goal" }))).toEqual({})
})

test("a funnel comes back from its words, and asks what they say", () => {
  const shows = showsOf({
    steps: "web: Plan page,stage:buy",
    mode: "strict",
    within: "none",
    not: "web: Cancelled",
    split: "new,old",
    drop: "1",
  })
  expect(showsOf(wordsOf(shows) as Record<string, string>)).toEqual(shows)
  expect(questionOf(shows)).toEqual({
    steps: ["web: Plan page", "stage:buy"],
    mode: "strict",
    window: null,
    exclude: ["web: Cancelled"],
    segments: ["new", "old"],
  })
  expect(questionOf(showsOf({}))).toBeNull()
  expect(showsOf({ steps: "a,b", drop: "2", within: "soon" })).toMatchObject({ drop: 0, window: "7d" })
})
