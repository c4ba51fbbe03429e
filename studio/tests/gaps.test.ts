/** A gap leads to the map as it is seen there. */
import { expect, test } from "vitest"
import type { Gap } from "@/pages/gaps/model"
import { onMapOf } from "@/pages/gaps/model"

const gap = (kind: string, from: string, to: string) => ({ kind, from, to }) as Gap
const by = { level: "touchpoint", sides: "channel" } as const

test("between touchpoints it is their link, and a dead end its touchpoint", () => {
  const link = { focus: "app: View bill", next: "chat: Chatbot" }
  expect(onMapOf(gap("channel_switch", "app: View bill", "chat: Chatbot"), by)).toEqual(link)
  expect(onMapOf(gap("dead_end", "web: Basket", "END"), by)).toEqual({ focus: "web: Basket" })
})

test("between whole channels it is what goes from one to the other", () => {
  expect(onMapOf(gap("ping_pong", "app", "chat"), by)).toEqual({ focus: "channel:app", next: "channel:chat" })
  expect(onMapOf(gap("one_side", "web", ""), by)).toEqual({ focus: "channel:web" })
})

test("at another level it is the groups or stages, whatever the sides are", () => {
  const level = { level: "group", sides: "source" } as const
  const groups = { focus: "group:Plan pages", next: "group:Help articles" }
  expect(onMapOf(gap("channel_switch", "Plan pages", "Help articles"), level)).toEqual(groups)
})

test("systems are not on the map", () => {
  expect(onMapOf(gap("ping_pong", "crm", "desk"), { ...by, sides: "source" })).toEqual({})
})
