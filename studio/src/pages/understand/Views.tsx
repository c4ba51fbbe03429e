/** Named links to this page as it stood, kept in this browser: the hub has no place for them. And its link, to send. */
import { useNavigate, useRouterState } from "@tanstack/react-router"
import { Bookmark, Link2, Trash2 } from "lucide-react"
import { Popover } from "radix-ui"
import { type FormEvent, useState } from "react"
import { toast } from "sonner"
import { Button, buttonClass } from "@/parts/Button"
import { Word } from "@/parts/Page"
import parts from "@/parts/parts.module.css"
import { u } from "./text"
import css from "./Views.module.css"

const KEPT = "harken.views"
const MOST = 100

interface View {
  name: string
  path: string
  /** With its question mark. */
  search: string
}

function kept(): View[] {
  try {
    const told: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]")
    if (!Array.isArray(told)) return []
    return told.filter(
      (one): one is View =>
        one && ["name", "path", "search"].every((field) => typeof one[field] === "string"),
    )
  } catch {
    return []
  }
}

export function Views() {
  const [views, setViews] = useState(kept)
  const [name, setName] = useState("")
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const { pathname, searchStr } = useRouterState({ select: (state) => state.location })
  const here = views.filter(({ path }) => path === pathname)
  const taken = here.some((one) => one.name === name.trim())
  const keep = (list: View[]) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(list.slice(-MOST)))
    } catch {
      // a browser that keeps nothing: it is there until the page is left
    }
    setViews(list)
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    const said = name.trim()
    if (!said) return
    const others = views.filter((one) => one.path !== pathname || one.name !== said)
    keep([...others, { name: said, path: pathname, search: searchStr }])
    setName("")
    toast(u("viewSaved", { name: said }))
  }
  const copy = async () => {
    await navigator.clipboard.writeText(location.href)
    setOpen(false)
    toast(u("copied"))
  }
  return (
    <Popover.Root
      open={open}
      onOpenChange={(on) => {
        setViews(kept())
        setOpen(on)
      }}
    >
      <Popover.Trigger className={buttonClass({ small: true, look: "quiet" })}>
        <Bookmark size={15} aria-hidden="true" />
        <Word>{u("views")}</Word>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.views}`}
          sideOffset={4}
          align="end"
          aria-label={u("views")}
        >
          {here.length > 0 ? (
            <ul>
              {here.map((one) => (
                <li key={one.name}>
                  <button
                    type="button"
                    className={parts.menuitem}
                    aria-current={one.search === searchStr || undefined}
                    onClick={() => {
                      setOpen(false)
                      void navigate({ to: pathname, search: fromText(one.search) as never })
                    }}
                  >
                    <span className={css.option} dir="auto">
                      {one.name}
                    </span>
                  </button>
                  <Button
                    small
                    icon
                    look="quiet"
                    aria-label={u("removeView", { name: one.name })}
                    onClick={() => keep(views.filter((other) => other !== one))}
                  >
                    <Trash2 size={14} aria-hidden="true" />
                  </Button>
                </li>
              ))}
            </ul>
          ) : (
            <p className={css.none}>{u("noViews")}</p>
          )}
          <form onSubmit={save}>
            <label className={parts.field}>
              <span>{u("saveView")}</span>
              <input
                className={parts.input}
                value={name}
                maxLength={80}
                placeholder={u("viewName")}
                onChange={(event) => setName(event.target.value)}
              />
            </label>
            <Button type="submit" disabled={!name.trim()}>
              {u("save")}
            </Button>
          </form>
          <small>{u(taken ? "viewTaken" : "viewsWhere")}</small>
          <Button small look="quiet" onClick={() => void copy()}>
            <Link2 size={14} aria-hidden="true" />
            {u("copyLink")}
          </Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** Every word of an address that is not in a view is taken away. */
const fromText = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search))
