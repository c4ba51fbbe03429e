import { describe, expect, it } from "vitest"
import { LEAST, type Point, ribbon } from "@/pages/customers/layRibbon"

/** A small generator with a seed: the same numbers every time. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const CHANNELS = ["web", "app", "message", "call_center", "store", "chat", "kiosk", ""]

function some(seed: number, count: number): Point[] {
  const draw = random(seed)
  let at = 1_700_000_000_000
  return Array.from({ length: count }, (_, place) => {
    at += draw() < 0.2 ? 0 : Math.floor(draw() ** 6 * 3e9)
    return {
      id: `e${place}`,
      at,
      channel: CHANNELS[Math.floor(draw() * CHANNELS.length)] ?? "web",
      emotion: draw() < 0.3 ? Math.round(draw() * 4 - 2) : null,
    }
  })
}

describe("the ribbon", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))("keeps its laws on random journeys (%i)", (seed) => {
    const points = some(seed, 1 + ((seed * 7) % 200))
    const drawn = ribbon(points, 820)
    expect(drawn.dots).toHaveLength(points.length)
    drawn.dots.slice(1).forEach((dot, place) => {
      expect(dot.x - (drawn.dots[place]?.x ?? 0)).toBeGreaterThanOrEqual(LEAST - 0.2)
      expect(dot.at).toBeGreaterThanOrEqual(drawn.dots[place]?.at ?? 0)
    })
    const rows = new Map(drawn.rows.map(({ channel, y }) => [channel, y]))
    for (const dot of drawn.dots) expect(dot.y).toBe(rows.get(dot.channel))
    expect(Math.max(...drawn.dots.map((dot) => dot.x))).toBeLessThanOrEqual(drawn.width)
    expect(Math.max(...drawn.answers.map((dot) => dot.y), 0)).toBeLessThan(drawn.height)
    expect(drawn.path.match(/[MHC]/g)).toHaveLength(points.length)
    expect(ribbon([...points].reverse(), 820)).toEqual(drawn)
  })

  it("fills the width it is given when the journey is short", () => {
    const drawn = ribbon(some(3, 4), 800)
    expect(drawn.width).toBe(800)
    expect(drawn.dots.at(-1)?.x).toBeCloseTo(780, 0)
  })

  it("grows beyond the width rather than squeeze", () => {
    expect(ribbon(some(3, 200), 800).width).toBeGreaterThan(200 * LEAST)
  })

  it("draws a longer gap longer", () => {
    const at = (minutes: number) => ({
      id: `${minutes}`,
      at: minutes * 60_000,
      channel: "web",
      emotion: null,
    })
    const [a, b, c] = ribbon([at(0), at(1), at(10_000)], 400).dots
    expect((c?.x ?? 0) - (b?.x ?? 0)).toBeGreaterThan((b?.x ?? 0) - (a?.x ?? 0))
  })

  it("stands with one touchpoint, and with none", () => {
    expect(ribbon(some(1, 1), 600).dots).toHaveLength(1)
    expect(ribbon([], 600).path).toBe("")
  })
})
