/** What the map shows, in two lines: when, who and how above; which number and how much of it below. */
import { Check, ChevronDown, Download, History, Radio, Table2 } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import { type ReactNode, useEffect, useRef, useState } from "react"
import shared from "@/pages/understand/understand.module.css"
import { Button, buttonClass } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { Segmented } from "@/parts/Segmented"
import { Views } from "@/parts/Views"
import { count, share } from "@/text/format"
import type { Shows } from "./address"
import css from "./MapPage.module.css"
import { m } from "./text"

export type SetShows = (change: Partial<Shows>, replace?: boolean) => void

export function JourneyChoice({ shows, set }: { shows: Shows; set: SetShows }) {
  const kinds = [
    { id: "life", name: m("life"), about: m("lifeAbout") },
    { id: "visit", name: m("visit"), about: m("visitAbout") },
  ] as const
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className={buttonClass({})} aria-label={`${m("journeys")}: ${m(shows.journey)}`}>
        {m(shows.journey)}
        {shows.collapse && ` · ${m("merge").toLowerCase()}`}
        <ChevronDown size={14} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={parts.popover} sideOffset={4} align="start">
          <DropdownMenu.RadioGroup
            value={shows.journey}
            onValueChange={(journey) => set({ journey: journey === "visit" ? "visit" : "life" })}
          >
            {kinds.map(({ id, name, about }) => (
              <DropdownMenu.RadioItem key={id} value={id} className={`${parts.menuitem} ${css.choice}`}>
                <Mark />
                <span>
                  {name}
                  <small>{about}</small>
                </span>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className={css.line} />
          <DropdownMenu.CheckboxItem
            checked={shows.collapse}
            onCheckedChange={(collapse) => set({ collapse })}
            className={`${parts.menuitem} ${css.choice}`}
          >
            <Mark />
            <span>
              {m("merge")}
              <small>{m("mergeAbout")}</small>
            </span>
          </DropdownMenu.CheckboxItem>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Mark() {
  return (
    <span className={css.mark}>
      <DropdownMenu.ItemIndicator>
        <Check size={14} aria-hidden="true" />
      </DropdownMenu.ItemIndicator>
    </span>
  )
}

export function Actions(props: {
  shows: Shows
  set: SetShows
  live: boolean
  setLive: (on: boolean) => void
  onExport: (kind: "svg" | "png") => void
  /** The last day that is over. */
  yesterday: string
  /** Nothing moves by itself. */
  still: boolean
}) {
  const { shows, set, live, setLive, onExport, yesterday, still } = props
  return (
    <>
      {still || (
        <Button
          small
          look="quiet"
          aria-pressed={live}
          title={m(live ? "liveOn" : "liveOff")}
          onClick={() => setLive(!live)}
        >
          <Radio size={15} aria-hidden="true" className={live ? css.beating : undefined} />
          <span className={css.word}>{m("live")}</span>
        </Button>
      )}
      {still || (
        <Button
          small
          look="quiet"
          aria-pressed={shows.replay !== ""}
          title={m("replayAbout")}
          onClick={() => set({ replay: shows.replay ? "" : yesterday, table: false })}
        >
          <History size={15} aria-hidden="true" className={shows.replay ? css.beating : undefined} />
          <span className={css.word}>{m("replay")}</span>
        </Button>
      )}
      <Views wordClass={css.word} />
      <Button
        small
        look="quiet"
        aria-pressed={shows.table}
        onClick={() => set({ table: !shows.table })}
        title={`${m("table")} (t)`}
      >
        <Table2 size={15} aria-hidden="true" />
        <span className={css.word}>{m("table")}</span>
      </Button>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger
          className={buttonClass({ small: true })}
          disabled={shows.table}
          title={m("exportAs")}
        >
          <Download size={15} aria-hidden="true" />
          <span className={css.word}>{m("exportAs")}</span>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className={parts.popover} sideOffset={4} align="end">
            <DropdownMenu.Item className={parts.menuitem} onSelect={() => onExport("svg")}>
              {m("asSvg")}
            </DropdownMenu.Item>
            <DropdownMenu.Item className={parts.menuitem} onSelect={() => onExport("png")}>
              {m("asPng")}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </>
  )
}

export interface Sliding {
  touchpoints: number
  coverage: number
}

/** The sliders follow the hand at once and write the address when it rests. */
export function useSliding(shows: Shows, set: SetShows): [Sliding, (to: Partial<Sliding>) => void] {
  const [held, hold] = useState<Partial<Sliding>>({})
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const now = { touchpoints: shows.touchpoints, coverage: shows.coverage, ...held }
  useEffect(() => () => clearTimeout(timer.current), [])
  const slide = (to: Partial<Sliding>) => {
    const next = { ...held, ...to }
    hold(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      set(next, true)
      hold({})
    }, 250)
  }
  return [now, slide]
}

export function Bar(props: {
  shows: Shows
  set: SetShows
  sliding: Sliding
  slide: (to: Partial<Sliding>) => void
  drawn: {
    touchpoints: number
    of: number
    all: number
    links: number
    ofLinks: number
    share: number
  } | null
  children?: ReactNode
}) {
  const { shows, set, sliding, slide, drawn, children } = props
  const most = drawn?.of ?? 1
  const touchpoints = Math.min(sliding.touchpoints || most, most)
  return (
    <div className={`${shared.bar} ${css.bar} ${parts.strip}`}>
      <Segmented
        label={m("mode")}
        value={shows.mode}
        choices={[
          { value: "customers", label: m("customers") },
          { value: "time", label: m("time") },
          ...(shows.compare ? [{ value: "change" as const, label: m("change") }] : []),
        ]}
        onChange={(mode) => set({ mode })}
      />
      <label className={css.slider}>
        {m("touchpoints")}
        <input
          type="range"
          min={1}
          max={most}
          value={touchpoints}
          disabled={!drawn}
          onChange={(event) => {
            const value = Number(event.target.value)
            slide({ touchpoints: value >= most ? 0 : value })
          }}
          aria-valuetext={drawn ? toldTouchpoints(drawn) : undefined}
        />
        <output className="num">{drawn ? toldTouchpoints(drawn) : ""}</output>
      </label>
      <label className={css.slider}>
        {m("connections")}
        <input
          type="range"
          min={0}
          max={100}
          value={sliding.coverage}
          disabled={!drawn}
          onChange={(event) => slide({ coverage: Number(event.target.value) })}
          aria-valuetext={drawn ? toldLinks(drawn) : undefined}
        />
        <output className="num">{drawn ? toldLinks(drawn) : ""}</output>
      </label>
      <span className={css.grow} />
      {children}
    </div>
  )
}

type Drawn = NonNullable<Parameters<typeof Bar>[0]["drawn"]>

const toldTouchpoints = ({ touchpoints, of, all }: Drawn): string =>
  m(all > of ? "ofGroups" : "ofTouchpoints", { shown: count(touchpoints), all: count(all) })

const toldLinks = ({ links, ofLinks, share: covered }: Drawn): string =>
  m("cover", {
    drawn: count(links),
    of: count(ofLinks),
    share: covered < 1 ? share(Math.min(covered, 0.99)) : "100 %",
  })
