import { describe, expect, it } from "vitest"
import { type Evidence, type Node, network, strength } from "@/pages/customers/network"

function random(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const KINDS = ["user_id", "email", "phone", "loyalty", "anonymous_id", "device_id"]

function link(a: Node, b: Node, more: Partial<Evidence> = {}): Evidence {
  return {
    a_id: a.id,
    b_id: b.id,
    a: `${a.kind}:${a.value}`,
    b: `${b.kind}:${b.value}`,
    how: "event",
    state: "united",
    verified: false,
    order: 0,
    ...more,
  }
}

function some(seed: number, count: number): { nodes: Node[]; links: Evidence[] } {
  const draw = random(seed)
  const nodes: Node[] = Array.from({ length: count }, (_, place) => ({
    id: `n${place}`,
    kind: KINDS[place ? Math.floor(draw() * KINDS.length) : 0] ?? "email",
    value: `value ${place}`,
    state: draw() < 0.15 && place ? (draw() < 0.5 ? "quarantined" : "other") : "member",
  }))
  const links = nodes.slice(1).flatMap((node, place) => {
    const to = nodes[Math.floor(draw() * (place + 1))] as Node
    const state = node.state === "member" && to.state === "member" ? "united" : "refused"
    const extra = nodes[Math.floor(draw() * count)] as Node
    return [link(to, node, { state, order: place + 1 }), link(extra, node, { state: "refused" })]
  })
  return { nodes, links }
}

describe("the identity picture", () => {
  it.each(
    Array.from({ length: 80 }, (_, seed) => seed),
  )("never overlaps and is the same every time (%i)", (seed) => {
    const { nodes, links } = some(seed, 1 + ((seed * 3) % 120))
    const drawn = network(nodes, links, "n0")
    expect(network(nodes, [...links].reverse(), "n0").nodes.length).toBe(drawn.nodes.length)
    expect(network(structuredClone(nodes), structuredClone(links), "n0")).toEqual(drawn)
    expect(drawn.nodes.length + drawn.hidden).toBe(nodes.length)
    for (const [place, one] of drawn.nodes.entries()) {
      expect(one.x - one.width / 2).toBeGreaterThanOrEqual(0)
      expect(one.x + one.width / 2).toBeLessThanOrEqual(drawn.width)
      expect(one.y - one.height / 2).toBeGreaterThanOrEqual(0)
      expect(one.y + one.height / 2).toBeLessThanOrEqual(drawn.height)
      for (const other of drawn.nodes.slice(place + 1)) {
        const apart =
          Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
          Math.abs(one.y - other.y) >= (one.height + other.height) / 2
        expect(apart, `${one.id} and ${other.id}`).toBe(true)
      }
    }
    const there = new Set(drawn.nodes.map((node) => node.id))
    for (const tie of drawn.ties) expect(there.has(tie.from) && there.has(tie.to)).toBe(true)
  })

  it("puts what names a person left of the customer, and devices right", () => {
    const of = (id: string, kind: string): Node => ({ id, kind, value: id, state: "member" })
    const nodes = [of("a", "user_id"), of("b", "email"), of("c", "anonymous_id")]
    const [a, b, c] = nodes as [Node, Node, Node]
    const drawn = network(nodes, [link(a, b), link(a, c)], "a")
    const x = new Map(drawn.nodes.map((node) => [node.id, node.x]))
    expect(x.get("b")).toBeLessThan(x.get("a") ?? 0)
    expect(x.get("c")).toBeGreaterThan(x.get("a") ?? 0)
  })

  it("says how firmly evidence holds", () => {
    const user: Node = { id: "u", kind: "user_id", value: "u", state: "member" }
    const mail: Node = { id: "m", kind: "email", value: "m", state: "member" }
    const device: Node = { id: "d", kind: "anonymous_id", value: "d", state: "member" }
    expect(strength(link(user, device))).toBe("strong")
    expect(strength(link(mail, device))).toBe("weak")
    expect(strength(link(mail, device, { verified: true }))).toBe("strong")
    expect(strength(link(mail, user, { how: "operator" }))).toBe("strong")
    expect(strength(link(user, device, { state: "quarantined" }))).toBe("loose")
  })
})

describe("where there is little room", () => {
  it.each([3, 7, 11, 19])("is never wider than with all the room, and never overlaps (%i)", (seed) => {
    const { nodes, links } = some(seed, 14)
    const wide = network(nodes, links, "n0")
    const narrow = network(nodes, links, "n0", 700)
    expect(narrow.width).toBeLessThanOrEqual(wide.width)
    expect(narrow.nodes.map((one) => one.id)).toEqual(wide.nodes.map((one) => one.id))
    for (const a of narrow.nodes) {
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0)
      expect(a.x + a.width / 2).toBeLessThanOrEqual(narrow.width)
      for (const b of narrow.nodes)
        if (a !== b)
          expect(
            Math.abs(a.x - b.x) >= (a.width + b.width) / 2 ||
              Math.abs(a.y - b.y) >= (a.height + b.height) / 2,
          ).toBe(true)
    }
  })

  it("shows two columns on each side whole in 722 pixels at three quarters of its size", () => {
    const node = (id: string, kind: string): Node => ({ id, kind, value: id, state: "member" })
    const [root, mail, phone, web, app] = [
      node("n0", "user_id"),
      node("mail", "email"),
      node("phone", "phone"),
      node("web", "anonymous_id"),
      node("app", "device_id"),
    ] as const
    const links = [link(root, mail), link(mail, phone), link(root, web), link(web, app)]
    const drawn = network([root, mail, phone, web, app], links, "n0", 722)
    expect(drawn.width * 0.76).toBeLessThanOrEqual(722)
  })
})
