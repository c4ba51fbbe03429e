/** This page as it stood, under names: kept for the whole team, opened, renamed, taken away and back. And its link, to send. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useRouterState } from "@tanstack/react-router"
import { Bookmark, Link2, Pencil, Trash2, Users } from "lucide-react"
import { Popover } from "radix-ui"
import { type FormEvent, useState } from "react"
import { toast } from "sonner"
import type { Done } from "@/api/documents"
import { here, keep, keepHere, remove, same, type View, views } from "@/api/views"
import { t } from "@/text/t"
import { Button, buttonClass } from "./Button"
import parts from "./parts.module.css"
import css from "./Views.module.css"
import { failed, tell } from "./warned"

/** `wordClass`: when its word gives way to its sign; usually on phones. */
export function Views({ wordClass = parts.word }: { wordClass?: string | undefined }) {
  const [open, setOpen] = useState(false)
  const { pathname, searchStr } = useRouterState({ select: (state) => state.location })
  const navigate = useNavigate()
  const list = useViews(pathname)
  const copy = async () => {
    await navigator.clipboard.writeText(location.href)
    setOpen(false)
    toast(t("views.copied"))
  }
  return (
    <Popover.Root
      open={open}
      onOpenChange={(on) => {
        list.look()
        setOpen(on)
      }}
    >
      <Popover.Trigger className={buttonClass({ small: true, look: "quiet" })} title={t("views.title")}>
        <Bookmark size={15} aria-hidden="true" />
        <span className={wordClass}>{t("views.title")}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.views}`}
          sideOffset={4}
          align="end"
          collisionPadding={8}
          aria-label={t("views.title")}
        >
          {list.shown.length > 0 ? (
            <ul>
              {list.shown.map((one) => (
                <Line
                  key={`${one.id} ${one.name}`}
                  one={one}
                  current={one.search === searchStr}
                  taken={(name) => list.shown.some((other) => other !== one && other.name === name)}
                  onOpen={() => {
                    setOpen(false)
                    void navigate({ to: pathname, search: fromText(one.search) as never })
                  }}
                  onName={(name) => list.rename(one, name)}
                  onShare={() => list.share(one)}
                  onRemove={() => list.remove(one)}
                />
              ))}
            </ul>
          ) : (
            <p className={css.none}>{t("views.none")}</p>
          )}
          <Saving
            taken={(name) => list.shown.some((one) => one.name === name)}
            onSave={(name) => list.save(name, searchStr)}
          />
          <Button small look="quiet" onClick={() => void copy()}>
            <Link2 size={14} aria-hidden="true" />
            {t("views.copy")}
          </Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** The views of a page: the team's, and those only this browser has. */
function useViews(path: string) {
  const asked = useQuery(views)
  const [own, setOwn] = useState(here)
  const known = asked.data ?? []
  const look = () => setOwn(here())
  const of = (list: readonly View[]) => list.filter((one) => one.path === path)
  const done = (message: string, way: Done | undefined) => {
    look()
    if (!way) toast(message, { description: t("views.onlyHere") })
    else tell(message, { ...way, undo: () => way.undo().then(look) })
  }
  const put = async (view: View, message: string): Promise<boolean> => {
    try {
      done(message, await keep(view, known))
      return true
    } catch (error) {
      failed(error)
      return false
    }
  }
  const drop = (view: View) => keepHere(here().filter((one) => !same(one, view)))
  return {
    look,
    shown: [...of(known).toSorted((a, b) => a.name.localeCompare(b.name)), ...of(own)],
    save: (name: string, search: string) => {
      const id = of(known).find((one) => one.name === name)?.id ?? ""
      return put({ id, name, path, search }, t("views.saved", { name }))
    },
    rename: async (view: View, name: string) => {
      if (!view.id) drop(view)
      await put({ ...view, name }, t("views.renamed", { name }))
    },
    share: async (view: View) => {
      drop(view)
      if (!(await put(view, t("views.shared", { name: view.name })))) {
        keepHere([...here(), view])
        look()
      }
    },
    remove: async (view: View) => {
      try {
        done(t("views.removed", { name: view.name }), await remove(view))
      } catch (error) {
        failed(error)
      }
    },
  }
}

function Line(props: {
  one: View
  current: boolean
  taken: (name: string) => boolean
  onOpen: () => void
  onName: (name: string) => Promise<void>
  onShare: () => Promise<void>
  onRemove: () => Promise<void>
}) {
  const { one, taken } = props
  const [typed, type] = useState<string | null>(null)
  if (typed !== null)
    return (
      <li>
        <form
          className={css.renaming}
          onSubmit={(event) => {
            event.preventDefault()
            const name = typed.trim()
            type(null)
            if (name && name !== one.name && !taken(name)) void props.onName(name)
          }}
        >
          <input
            className={parts.input}
            // biome-ignore lint/a11y/noAutofocus: whoever pressed "rename" wants to type
            autoFocus
            value={typed}
            maxLength={80}
            aria-label={t("views.rename", { name: one.name })}
            aria-invalid={taken(typed.trim()) || undefined}
            onChange={(event) => type(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return
              event.stopPropagation()
              type(null)
            }}
          />
          <Button small type="submit" disabled={!typed.trim() || taken(typed.trim())}>
            {t("views.save")}
          </Button>
        </form>
      </li>
    )
  return (
    <li>
      <button
        type="button"
        className={parts.menuitem}
        aria-current={props.current || undefined}
        onClick={props.onOpen}
      >
        <span className={css.option} dir="auto">
          {one.name}
        </span>
      </button>
      {!one.id && (
        <Sign label={t("views.share", { name: one.name })} onClick={props.onShare}>
          <Users size={14} aria-hidden="true" />
        </Sign>
      )}
      <Sign label={t("views.rename", { name: one.name })} onClick={() => type(one.name)}>
        <Pencil size={14} aria-hidden="true" />
      </Sign>
      <Sign label={t("views.remove", { name: one.name })} onClick={props.onRemove}>
        <Trash2 size={14} aria-hidden="true" />
      </Sign>
    </li>
  )
}

function Sign(props: { label: string; onClick: () => unknown; children: React.ReactNode }) {
  return (
    <Button
      small
      icon
      look="quiet"
      aria-label={props.label}
      title={props.label}
      onClick={() => void props.onClick()}
    >
      {props.children}
    </Button>
  )
}

function Saving(props: { taken: (name: string) => boolean; onSave: (name: string) => Promise<boolean> }) {
  const [name, setName] = useState("")
  const [busy, setBusy] = useState(false)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (!name.trim() || busy) return
    setBusy(true)
    if (await props.onSave(name.trim())) setName("")
    setBusy(false)
  }
  return (
    <>
      <form className={css.saving} onSubmit={(event) => void save(event)}>
        <label className={parts.field}>
          <span>{t("views.saveThis")}</span>
          <input
            className={parts.input}
            value={name}
            maxLength={80}
            placeholder={t("views.name")}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <Button type="submit" disabled={!name.trim() || busy}>
          {t("views.save")}
        </Button>
      </form>
      <small>{t(props.taken(name.trim()) ? "views.taken" : "views.where")}</small>
    </>
  )
}

/** Every word of an address that is not in a view is taken away. */
const fromText = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search))
