import { expect, test } from "vitest"
import { ago, duration } from "@/text/format"

test("a duration is never 60 of a unit: it is one of the next", () => {
  expect([0.4, 1, 59.4, 59.6, 60, 3_569, 3_599, 3_600, 84_599, 86_399, 200_000].map(duration)).toEqual([
    "<1 s",
    "1 s",
    "59 s",
    "1 min",
    "1 min",
    "59 min",
    "1 h",
    "1 h",
    "23 h",
    "1 d",
    "2.3 d",
  ])
  const now = Date.parse("2026-11-22T12:00:00Z")
  expect(ago(now - 3_590_000, now)).toBe("1 h ago")
})
