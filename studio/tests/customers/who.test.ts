import { describe, expect, it } from "vitest"
import { endOf, period } from "@/pages/customers/moments"
import { amount, best, called, cut, deviceLabel, initials, named, split } from "@/pages/customers/who"

describe("what a customer is called", () => {
  const mail = { kind: "email", value: "ada@example.test" }
  const device = { kind: "anonymous_id", value: "4f9c1a22-aaaa-bbbb" }

  it("is the name, else the identifier people know best, else the id", () => {
    expect(called({ id: "x", traits: { name: " Ada " }, identifiers: [mail] })).toBe("Ada")
    expect(called({ id: "x", traits: { first_name: "Ada", lastName: "L" }, identifiers: [] })).toBe("Ada L")
    expect(called({ id: "x", traits: { name: { first: "A" } }, identifiers: [device, mail] })).toBe(
      mail.value,
    )
    expect(called({ id: "x", traits: {}, identifiers: [device] })).toMatch(/^Visitor 4f9c/)
    expect(called({ id: "x", traits: {}, identifiers: [] })).toBe("x")
  })

  it("takes hostile traits for what they are: text", () => {
    const name = '<img src=x onerror="alert(1)">'
    expect(named({ name })).toBe(name)
    expect(initials("<img>")).toBe("")
    expect(initials("عمر خالد")).toBe("عخ")
    expect(initials("Åsa van der Berg")).toBe("ÅB")
  })

  it("prefers what a person is known by over a device", () => {
    expect(best([device, { kind: "member", value: "7" }])?.kind).toBe("member")
  })

  it("cuts whole letters only", () => {
    expect(cut("👩🏽‍🚀".repeat(3), 4)).not.toContain("\ufffd")
    expect(cut("abcdef", 4)).toBe("abc…")
    expect(cut("abcd", 4)).toBe("abcd")
  })

  it("keeps colons in values", () => {
    expect(split("urn:a:b")).toEqual({ kind: "urn", value: "a:b" })
  })

  it("names a device by what it told", () => {
    const told = { id: "anonymous_id:1", agent: "Chrome 148", os: "Linux", app: "", locale: "", last: "" }
    expect(deviceLabel("anonymous_id:1", [told])).toBe("Chrome 148 · Linux")
    expect(deviceLabel("anonymous_id:2", [told])).toBe("Anonymous id 2")
  })

  it("writes a currency only when it is one", () => {
    expect(amount(600, "EUR")).toBe("€600")
    expect(amount(3.5, "<b>")).toBe("3.50")
    expect(amount(3, "")).toBe("3")
  })
})

describe("periods of the address", () => {
  it("hold the last day whole", () => {
    const { from, to } = period("", "2026-11-01", "2026-11-02")
    expect(Date.parse(to) - Date.parse(from)).toBe(2 * 86_400_000)
    expect(endOf("2026-11-02")).toBe(to)
  })

  it("say nothing when they make no sense", () => {
    expect(period("soon", "", "")).toEqual({ from: "", to: "" })
    expect(period("-7", "x", "y")).toEqual({ from: "", to: "" })
  })

  it("count back whole hours, so that asking twice is one question", () => {
    const now = Date.UTC(2026, 10, 22, 12, 34)
    expect(period("7", "", "", now)).toEqual(period("7", "", "", now + 60_000))
    expect(period("7", "", "", now).from).toBe("2026-11-15T12:00:00.000Z")
  })
})
