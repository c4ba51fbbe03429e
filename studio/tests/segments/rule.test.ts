/** A rule in the builder: what is read is written back the same, and what the fields cannot show stays. */
import { describe, expect, it } from "vitest"
import { KINDS, kindOf } from "@/pages/segments/conditions"
import {
  grouped,
  groupOf,
  leafOf,
  oftenOf,
  pathOf,
  problemsAt,
  type Rule,
  ruleOf,
  typedValue,
  withOften,
  withTest,
} from "@/pages/segments/rule"
import { idFor } from "@/text/id"

const LEAVES: Rule[] = [
  { event: "Order", at_least: 2, within: "30d" },
  { touchpoint: "web: Plan page", never: true },
  { channel: "web", exactly: 3 },
  { event: "Order", at_least: 1, at_most: 4 },
  { event: "Order", at_most: 4, within: "1h" },
]

describe("a group", () => {
  it("is written back as it was read, turned around or not", () => {
    const rules: Rule[] = [
      { all: [] },
      { any: [{ has: "email" }] },
      { not: { all: [{ has: "email" }, { any: [] }] } },
    ]
    for (const rule of rules) {
      const group = groupOf(rule)
      expect(group && ruleOf(group)).toEqual(rule)
    }
  })

  it("stands around one condition, so that others can join it", () => {
    expect(grouped({ has: "email" })).toEqual({ all: [{ has: "email" }] })
    expect(grouped({ not: { has: "email" } })).toEqual({ all: [{ not: { has: "email" } }] })
    expect(leafOf({ not: { has: "email" } })).toEqual({ leaf: { has: "email" }, not: true })
  })

  it("names its parts as the hub does", () => {
    expect(pathOf({ join: "any", not: true, inner: [] }, "rule.all[1]", 2)).toBe("rule.all[1].not.any[2]")
  })
})

describe("a kind of condition", () => {
  it("shows the conditions it begins with, and no other kind does", () => {
    expect(new Set(KINDS.map(({ field }) => field)).size).toBe(KINDS.length)
    for (const kind of KINDS) {
      const begun = kind.fresh("one")
      expect(KINDS.filter(({ shows }) => shows(begun))).toEqual([kind])
      expect(kind.shows({ ...begun, where: {} })).toBe(false)
    }
  })

  it("of what somebody did, has or said shows every way of saying it", () => {
    for (const leaf of LEAVES) expect(kindOf(leaf)?.field).toBe(Object.keys(leaf)[0])
    for (const leaf of [
      { spent: "order", between: [1, 9], within: "30d" },
      { stage: "buy", is: "furthest" },
      { consent: "ads", is: false },
      { first_seen: "within 7d" },
    ])
      expect(kindOf(leaf)?.field).toBe(Object.keys(leaf)[0])
  })
})

describe("a condition", () => {
  it("keeps how often through its fields", () => {
    for (const leaf of LEAVES) expect(withOften(leaf, oftenOf(leaf))).toEqual(leaf)
  })

  it("that says more than the fields can show is left as it was written", () => {
    expect(kindOf({ trait: "plan", is: "gold", is_not: "blue" })?.field).toBeUndefined()
    expect(kindOf({ trait: 5, is: "gold" })?.field).toBeUndefined()
    expect(kindOf({ event: "Order", where: {} })?.field).toBeUndefined()
    expect(kindOf({ seen: "yesterday" })?.field).toBeUndefined()
    expect(kindOf({ trait: "plan", is: "gold", for: "7d" })?.field).toBe("trait")
  })

  it("changes its comparison and nothing else", () => {
    expect(withTest({ trait: "age", above: 3, for: "7d" }, "between", [1, 2])).toEqual({
      trait: "age",
      for: "7d",
      between: [1, 2],
    })
  })

  it("takes a value as a number only where the others are", () => {
    expect(typedValue("12", [1, 2])).toBe(12)
    expect(typedValue("12", ["a"])).toBe("12")
    expect(typedValue("12", [])).toBe("12")
    expect(typedValue("true", [true, false])).toBe(true)
  })
})

it("an id is plain, and not one that is taken", () => {
  expect(idFor("Ordéred twice!", new Set(), "segment")).toBe("ordered_twice")
  expect(idFor("Ordered", new Set(["ordered", "ordered_2"]), "segment")).toBe("ordered_3")
  expect(idFor("日本", new Set(), "segment")).toBe("segment")
})

it("a problem is told at its part, and only there", () => {
  const told = ["rule.all[1].iss: there is no 'iss' here", "rule.all[10]: wrong"]
  expect(problemsAt(told, "rule.all[1]", [])).toEqual(["there is no 'iss' here"])
  expect(problemsAt(told, "rule", ["rule.all[1]"])).toEqual(["wrong"])
})
