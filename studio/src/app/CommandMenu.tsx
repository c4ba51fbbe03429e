/** ⌘K: every page by its name, every customer by what they are known by. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Command } from "cmdk"
import { Keyboard, User } from "lucide-react"
import { useEffect, useState } from "react"
import { api, told } from "@/api/client"
import { t } from "@/text/t"
import css from "./CommandMenu.module.css"
import { GROUPS, START } from "./places"

export default function CommandMenu({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState("")
  const asked = typed.trim()
  const customers = useQuery({
    queryKey: ["profiles", "menu", asked],
    queryFn: ({ signal }) =>
      told(api.GET("/api/profiles", { params: { query: { q: asked, limit: 6 } }, signal })),
    enabled: asked.length > 1,
    placeholderData: (before) => before,
  })
  // what comes late is chosen too, when nothing else is: Enter always does what is seen
  const [chosen, setChosen] = useState("")
  const first = customers.data?.data[0]?.id
  useEffect(() => {
    if (first && !document.querySelector("[cmdk-item][aria-selected=true]")) setChosen(`${asked} ${first}`)
  }, [first, asked])
  const go = (to: string, params?: Record<string, string>) => {
    onClose()
    void navigate({ to, params } as never)
  }
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label={t("nav.search")}
      value={chosen}
      onValueChange={setChosen}
      overlayClassName={css.overlay}
      contentClassName={css.dialog}
    >
      <Command.Input value={typed} onValueChange={setTyped} placeholder={`${t("nav.search")}…`} />
      <Command.List>
        <Command.Empty>Nothing is called that.</Command.Empty>
        {GROUPS.map((group) => (
          <Command.Group key={group.text} heading={t(group.text)}>
            {group.places.map(({ to, text, Icon }) => (
              <Command.Item key={to} value={t(text)} onSelect={() => go(to)}>
                <Icon size={16} strokeWidth={1.8} aria-hidden="true" /> {t(text)}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
        <Command.Item value={t(START.text)} onSelect={() => go(START.to)}>
          <START.Icon size={16} strokeWidth={1.8} aria-hidden="true" /> {t(START.text)}
        </Command.Item>
        <Command.Item value={t("keys.title")} onSelect={onKeys}>
          <Keyboard size={16} strokeWidth={1.8} aria-hidden="true" /> {t("keys.title")} <kbd>?</kbd>
        </Command.Item>
        {asked.length > 1 && (customers.data?.data.length ?? 0) > 0 && (
          <Command.Group heading={t("nav.customers")} forceMount>
            {customers.data?.data.map((one) => {
              const fits = (value: string) => (value.toLowerCase().includes(asked.toLowerCase()) ? 0 : 1)
              const name = one.identifiers
                .toSorted((a, b) => fits(a.value) - fits(b.value))
                .map(({ kind, value }) => `${kind}:${value}`)
              return (
                <Command.Item
                  key={one.id}
                  value={`${asked} ${one.id}`}
                  forceMount
                  onSelect={() => go("/customers/$ref", { ref: one.id })}
                >
                  <User size={16} strokeWidth={1.8} aria-hidden="true" /> {name.slice(0, 2).join(" · ")}
                </Command.Item>
              )
            })}
          </Command.Group>
        )}
      </Command.List>
    </Command.Dialog>
  )
}
