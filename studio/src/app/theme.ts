/** The theme somebody chose (system, light or dark) -> `data-theme` on the document. Remembered on this browser. */
import { useSyncExternalStore } from "react"

export type Theme = "system" | "light" | "dark"
const KEY = "harken.theme"
const dark = () => matchMedia("(prefers-color-scheme: dark)")
const listeners = new Set<() => void>()

export function chosenTheme(): Theme {
  const told = localStorage.getItem(KEY)
  return told === "light" || told === "dark" ? told : "system"
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  apply()
}

/** Apply the theme now, and whenever the system changes its mind. */
export function followTheme(): void {
  apply()
  dark().addEventListener("change", apply)
}

export function useTheme(): Theme {
  return useSyncExternalStore((told) => {
    listeners.add(told)
    return () => listeners.delete(told)
  }, chosenTheme)
}

function apply(): void {
  const theme = chosenTheme()
  const shown = theme === "system" ? (dark().matches ? "dark" : "light") : theme
  document.documentElement.dataset.theme = shown
  for (const told of listeners) told()
}
