/** A list to choose a step from, or to type a pattern into: touchpoints, stages, groups, channels, events. */
import { Command } from "cmdk"
import { Popover } from "radix-ui"
import { type ReactNode, useState } from "react"
import { ChannelDot } from "@/parts/channel"
import parts from "@/parts/parts.module.css"
import { short } from "@/text/format"
import { t } from "@/text/t"
import css from "./Picker.module.css"
import { type Place, usePlaces } from "./places"
import { u } from "./text"

/** As many of a kind as are drawn before something is typed. */
const FEW = 60

export function Picker(props: {
  /** What is pressed to open it. */
  children: ReactNode
  label: string
  onPick: (pattern: string) => void
  /** Patterns that are not offered. */
  without?: readonly string[]
  /** Only touchpoints, no patterns. */
  plain?: boolean
}) {
  const [open, setOpen] = useState(false)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{props.children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.picker}`}
          sideOffset={4}
          align="start"
          collisionPadding={12}
          aria-label={props.label}
        >
          <Lists
            {...props}
            onPick={(pattern) => {
              setOpen(false)
              props.onPick(pattern)
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Lists({
  onPick,
  label,
  without = [],
  plain = false,
}: Pick<Parameters<typeof Picker>[0], "onPick" | "label" | "without" | "plain">) {
  const [typed, setTyped] = useState("")
  const places = usePlaces(!plain)
  const all: [string, readonly Place[]][] = plain
    ? [[u("touchpoints"), places.touchpoints]]
    : [
        [u("touchpoints"), places.touchpoints],
        [u("stages"), places.stages],
        [u("groups"), places.groups],
        [u("channels"), places.channels],
        [u("events"), places.events],
      ]
  const pattern = typed.trim()
  // One list before the others would be what Enter takes, however much better a place of a later one fits.
  const lists = places.loading ? [] : all
  const known = lists.some(([, list]) => list.some((one) => one.pattern === pattern))
  return (
    <Command label={label} loop>
      <Command.Input
        className={parts.input}
        value={typed}
        onValueChange={setTyped}
        placeholder={u("find")}
        aria-label={label}
      />
      <Command.List className={css.options}>
        {places.loading ? (
          <Command.Loading className={css.none}>{t("state.loading")}</Command.Loading>
        ) : (
          <Command.Empty className={css.none}>{u("nothingFound")}</Command.Empty>
        )}
        {lists.map(([heading, list]) => (
          <Command.Group key={heading} heading={heading}>
            {list
              .filter((one) => !without.includes(one.pattern))
              .slice(0, typed ? undefined : FEW)
              .map((one) => (
                <Option key={one.pattern} place={one} onPick={onPick} />
              ))}
          </Command.Group>
        ))}
        {!plain && !places.loading && pattern.length > 1 && !known && (
          <Command.Group heading={u("patterns")} forceMount>
            <Command.Item
              forceMount
              value={`pattern ${pattern}`}
              className={parts.menuitem}
              onSelect={() => onPick(pattern)}
            >
              <span className={css.option}>
                {u("asPattern", { pattern })}
                <small>{u("patternHelp")}</small>
              </span>
            </Command.Item>
          </Command.Group>
        )}
      </Command.List>
    </Command>
  )
}

function Option({ place, onPick }: { place: Place; onPick: (pattern: string) => void }) {
  return (
    <Command.Item
      value={`${place.label} ${place.pattern}`}
      className={parts.menuitem}
      onSelect={() => onPick(place.pattern)}
    >
      {place.channel ? <ChannelDot id={place.channel} /> : <i className={css.nodot} aria-hidden="true" />}
      <span className={css.option} dir="auto">
        {place.label}
      </span>
      {place.customers !== null && <small className="num">{short(place.customers)}</small>}
    </Command.Item>
  )
}
