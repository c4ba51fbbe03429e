import { describe, expect, it } from "vitest"
import type { LiveItem } from "@/api/live"
import { evenly, fits, Live, PER_SECOND, RECENT, ROWS } from "@/pages/live/model"
import { whenOf } from "@/pages/live/Stream"

const item = (seq: number, more: Partial<LiveItem> = {}): LiveItem => ({
  seq,
  id: `e${seq}`,
  profile: `p${seq % 7}`,
  who: `user_id:u${seq % 7}`,
  type: "page",
  name: "Plan",
  channel: seq % 3 ? "web" : "app",
  touchpoint: seq % 3 ? "web: Plan page" : "app: Usage",
  source: "web",
  occurred: "2026-01-01T00:00:00Z",
  received: "2026-01-01T00:00:00Z",
  ...more,
})

describe("the live model", () => {
  it("stays small through a hundred thousand events, filtered, paused and sampled", () => {
    const live = new Live()
    let largest = 0
    let now = 0
    for (let seq = 1; seq <= 100_000; seq++) {
      now += 36 // an hour
      live.take(item(seq, { channel: `c${seq % 900}` }), now)
      if (seq % 5 === 0) live.draw(now)
      if (seq % 20_000 === 0) live.narrow({ channels: new Set(), text: seq % 40_000 ? "plan" : "" })
      if (seq % 9_000 === 0) live.hold(!live.held)
      if (seq % 500 === 0) largest = Math.max(largest, live.size())
    }
    expect(live.heard).toBe(100_000)
    expect(live.rows.length).toBeLessThanOrEqual(ROWS)
    expect(largest).toBeLessThan(ROWS + RECENT * 2.3 + 400)
  })

  it("draws at most ten rows a second and says of how many", () => {
    const live = new Live()
    let seq = 0
    for (let now = 0; now < 10_000; now += 50) {
      for (let one = 0; one < 12; one++) live.take(item(++seq), now)
      if (now % 200 === 0) live.draw(now)
    }
    expect(live.rows.length).toBeLessThanOrEqual(10 * PER_SECOND + PER_SECOND)
    expect(live.rows.length).toBeGreaterThan(90)
    expect(live.sampled(10_000)).toEqual({ drawn: 10, of: 240 })
  })

  it("draws every row, in order, when they come slowly enough", () => {
    const live = new Live()
    for (let seq = 1; seq <= 60; seq++) {
      live.take(item(seq), seq * 150)
      live.draw(seq * 150)
    }
    live.draw(10_000)
    expect(live.rows.map((row) => row.key)).toEqual(Array.from({ length: 60 }, (_, at) => `${60 - at}`))
    expect(live.sampled(9_100)).toBeNull()
  })

  it("lets rows wait while it stands still, and has them all when it goes on", () => {
    const live = new Live()
    live.hold(true)
    for (let seq = 1; seq <= 312; seq++) live.take(item(seq), seq)
    live.draw(1_000)
    expect([live.rows.length, live.waiting]).toEqual([0, 312])
    live.hold(false)
    expect([live.rows.length, live.waiting]).toEqual([312, 0])
    expect(live.rows[0]?.key).toBe("312")
  })

  it("shows what was kept when the filter changes, and only counts what fits as waiting", () => {
    const live = new Live()
    for (let seq = 1; seq <= 30; seq++) live.take(item(seq), 0, 400_000)
    live.narrow({ channels: new Set(["app"]), text: "" })
    expect(live.rows).toHaveLength(10)
    live.hold(true)
    live.take(item(31), 0)
    live.take(item(33), 0)
    expect(live.waiting).toBe(1)
  })

  it("counts five minutes by channel and forgets what is older", () => {
    const live = new Live()
    live.take(item(1), 0)
    live.take(item(2), 400_000)
    live.take(item(3), 401_000)
    expect(live.channels(402_000)).toEqual([
      ["app", 1],
      ["web", 1],
    ])
    const bars = live.rate(405_000)
    expect(bars).toHaveLength(60)
    expect(bars.reduce((sum, bar) => sum + bar.total, 0)).toBe(2)
    expect(live.perSecond(405_000)).toBeCloseTo(0.2)
  })

  it("counts what was heard shortly before the page was opened where it belongs, and shows it at once", () => {
    const live = new Live()
    live.take(item(1), 1_000_000, 400_000)
    live.take(item(2), 1_000_000, 100_000)
    live.take(item(4), 1_000_000)
    live.take(item(5), 1_000_000, 99_500)
    expect([live.heard, live.rows.length, live.since]).toEqual([1, 3, 600_000])
    expect(live.rate(1_001_000).flatMap((bar, place) => (bar.total ? [[place, bar.total]] : []))).toEqual([
      [40, 2],
    ])
    expect(live.channels(1_001_000)).toEqual([["web", 3]])
  })

  it("keeps a gap as a row whatever the filter", () => {
    const live = new Live()
    live.gap({ after: 3, through: 900 })
    live.narrow({ channels: new Set(["store"]), text: "x" })
    expect(live.rows[0]?.kind).toBe("gap")
  })
})

it("finds text in everything a row shows", () => {
  const filter = (text: string) => ({ channels: new Set<string>(), text })
  expect(fits(item(1), filter("PLAN"))).toBe(true)
  expect(fits(item(1), filter("u1"))).toBe(true)
  expect(fits(item(1), filter("nobody"))).toBe(false)
})

it("chooses evenly, the last among them", () => {
  expect(evenly([1, 2, 3, 4, 5, 6, 7, 8, 9], 3)).toEqual([3, 6, 9])
  expect(evenly([1, 2], 5)).toEqual([1, 2])
  for (let many = 1; many <= 300; many++)
    for (let few = 1; few <= PER_SECOND; few++) {
      const all = Array.from({ length: many }, (_, place) => place)
      const chosen = evenly(all, few)
      expect(new Set(chosen).size).toBe(Math.min(few, many))
      expect(chosen.at(-1)).toBe(many - 1)
    }
})

it("tells the time of day, and the day of what is older than one", () => {
  const now = Date.parse("2026-11-22T12:00:00Z")
  expect(whenOf("2026-11-22T11:59:58Z", now)).toMatch(/^\d\d:59:58$/)
  expect(whenOf("2017-12-24T05:00:00Z", now)).toMatch(/Dec 2017$/)
})
