import { describe, expect, it } from "vitest"
import {
  documentOf,
  formOf,
  markOf,
  narrowed,
  problemOf,
  problemsOf,
  propertiesOf,
  type Row,
  rowsOf,
  sorted,
  suggestedName,
  type Use,
} from "@/pages/touchpoints/model"

const use = (touchpoint: string, more: Partial<Use> = {}): Use => ({
  touchpoint,
  channel: "web",
  stage: "buy",
  group: "",
  mapped: true,
  events: 100,
  customers: 10,
  first: "2026-01-01T00:00:00Z",
  last: "2026-01-11T00:00:00Z",
  ...more,
})
const names = (rows: Row[]) => rows.map((row) => row.touchpoint)

describe("marks", () => {
  const at = (text: string) => Date.parse(text)
  it("says what was never seen, what waits for a name and what stopped", () => {
    expect(markOf(use("a", { events: 0, last: null, first: null }), at("2026-02-01"))).toBe("never")
    expect(markOf(use("a", { mapped: false }), at("2026-02-01"))).toBe("unnamed")
    expect(markOf(use("a"), at("2026-01-14"))).toBe("stopped")
    expect(markOf(use("a"), at("2026-01-12"))).toBe("")
  })
  it("never says that something rare, or that comes all at once, stopped", () => {
    expect(markOf(use("a", { last: "2026-01-03T00:00:00Z" }), at("2026-01-20"))).toBe("")
    expect(markOf(use("a", { events: 6 }), at("2026-06-01"))).toBe("")
    expect(
      markOf(
        use("a", { events: 20, first: "2025-01-01T00:00:00Z", last: "2026-01-01T00:00:00Z" }),
        at("2026-04-01"),
      ),
    ).toBe("")
  })
  it("lists drafts nobody published", () => {
    const draft = {
      kind: "touchpoint",
      id: "web: New",
      published: 0,
      draft: 1,
      body: { id: "web: New", stage: "use" },
    }
    const [, row] = rowsOf([use("a")], [draft])
    expect([row?.touchpoint, row?.mark, row?.stage]).toEqual(["web: New", "draft", "use"])
  })
})

describe("the table", () => {
  const rows = rowsOf([
    use("b", { customers: 3, stage: "use" }),
    use("a", { customers: 3, stage: "" }),
    use("c", { customers: 9, channel: "app", stage: "discover", last: null, first: null, events: 0 }),
  ])
  it("sorts by any column, what has no value last", () => {
    expect(names(sorted(rows, "customers", true))).toEqual(["c", "a", "b"])
    expect(names(sorted(rows, "stage", false, ["discover", "use"]))).toEqual(["c", "b", "a"])
    expect(names(sorted(rows, "stage", true, ["discover", "use"]))).toEqual(["b", "c", "a"])
    expect(names(sorted(rows, "last", true)).at(-1)).toBe("c")
  })
  it("narrows by mark, channel, stage and text", () => {
    const all = { show: "all", channel: "", stage: "", text: "" } as const
    expect(names(narrowed(rows, { ...all, channel: "app" }))).toEqual(["c"])
    expect(names(narrowed(rows, { ...all, stage: "-" }))).toEqual(["a"])
    expect(names(narrowed(rows, { ...all, show: "never" }))).toEqual(["c"])
    expect(names(narrowed(rows, { ...all, text: "DISC" }))).toEqual(["c"])
  })
})

describe("the form", () => {
  const body = {
    id: "web: Plan page",
    stage: "consider",
    rank: 1,
    match: [
      {
        type: "page",
        path: "/plans/*",
        properties: { tier: "gold", count: 3, said: "3", on: true, any: "*" },
      },
    ],
  }
  it("gives back the document it was made of, and keeps what it does not show", () => {
    expect(documentOf(formOf(body))).toEqual(body)
  })
  it("reads properties a line each", () => {
    expect(propertiesOf('a = 1\n b=x=y \n\nc\nd = "1"\ne = true')).toEqual({
      a: 1,
      b: "x=y",
      c: "*",
      d: "1",
      e: true,
    })
  })
  it("puts the hub's message at its field", () => {
    expect(problemOf("touchpoint: Expected `str`, got `int` - at `$.match[0].path`")).toEqual({
      field: "match.0.path",
      message: "Expected `str`, got `int`",
    })
    expect(problemOf("touchpoint: a touchpoint needs an 'id' of text").field).toBe("id")
    expect(problemOf("something else").field).toBe("")
  })
  it("asks for a free name and for rules that say something", () => {
    const form = formOf({ id: " ", match: [{}] })
    expect(problemsOf(form, new Set()).map((one) => one.field)).toEqual(["id", "match.0"])
    expect(problemsOf(formOf({ id: "a" }), new Set(["a"]))[0]?.message).toContain("Another")
  })
  it("suggests a name people would give", () => {
    expect(suggestedName(["web: /orders/*/items"], "web")).toBe("web: Items")
    expect(suggestedName(["web: plan_viewed"], "web")).toBe("web: Plan viewed")
    expect(suggestedName(["web: a", "web: b"], "web")).toBe("web: ")
  })
})
