/** What the events of a touchpoint say, to choose what it is split by; and what is split, to take it back. */
import { useQuery } from "@tanstack/react-query"
import { X } from "lucide-react"
import { Popover } from "radix-ui"
import { useState } from "react"
import { api, told } from "@/api/client"
import { toldOf, usePlaces } from "@/pages/understand/places"
import { u } from "@/pages/understand/text"
import shared from "@/pages/understand/understand.module.css"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { plural, share } from "@/text/format"
import { splitTold } from "./address"
import css from "./paths.module.css"
import { p } from "./text"

export function SplitBy({ touchpoint, onPick }: { touchpoint: string; onPick: (property: string) => void }) {
  const [open, setOpen] = useState(false)
  const asked = useQuery({
    queryKey: ["touchpoint-properties", touchpoint],
    queryFn: ({ signal }) =>
      told(api.GET("/api/touchpoints/properties", { params: { query: { touchpoint } }, signal })),
    enabled: open,
  })
  const found = asked.data?.data.filter(({ values }) => values > 1)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button small title={p("splitNote")}>
          {p("split")}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.anchors}`}
          sideOffset={4}
          align="start"
          collisionPadding={12}
          aria-label={p("splitNote")}
        >
          {found?.map(({ name, events, of, values, examples }) => (
            <button
              key={name}
              type="button"
              className={parts.menuitem}
              onClick={() => {
                setOpen(false)
                onPick(name)
              }}
            >
              <span>
                {name}
                <small title={examples.join(", ")}>
                  {p("splitSaid", { share: share(events / of), values: plural(values, "value") })}:{" "}
                  {examples.join(", ").slice(0, 40)}
                </small>
              </span>
            </button>
          ))}
          {found?.length === 0 && <p className="quiet">{p("splitNone")}</p>}
          {asked.error && <p className="quiet">{asked.error.message}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

export function Splits({
  splits,
  onChange,
}: {
  splits: readonly string[]
  onChange: (to: string[]) => void
}) {
  const places = usePlaces()
  if (!splits.length) return null
  return (
    <fieldset className={shared.chips}>
      <legend className="sr-only">{p("splits")}</legend>
      {splits.map((split) => {
        const { place, property } = splitTold(split)
        const name = p("splitShown", { name: toldOf(place, places).label, property })
        return (
          <span key={split} className={shared.chip} title={`${p("splits")}: ${split}`}>
            <span dir="auto">{name}</span>
            <button
              type="button"
              aria-label={u("remove", { name })}
              onClick={() => onChange(splits.filter((one) => one !== split))}
            >
              <X size={13} aria-hidden="true" />
            </button>
          </span>
        )
      })}
    </fieldset>
  )
}
