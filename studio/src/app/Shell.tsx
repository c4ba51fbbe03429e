/** Sidebar, command menu and the page beside them; who is not signed in is asked for a key instead. */
import { useQuery } from "@tanstack/react-query"
import { Link, Outlet, useRouterState } from "@tanstack/react-router"
import {
  Activity,
  BookOpen,
  Inbox,
  KeyRound,
  LogOut,
  type LucideIcon,
  Map as MapIcon,
  Monitor,
  Moon,
  PanelLeft,
  Plug,
  Radio,
  Rocket,
  Search as SearchIcon,
  ShieldCheck,
  Sun,
  Tag,
  Users,
} from "lucide-react"
import { lazy, Suspense, useEffect, useState } from "react"
import { Toaster } from "sonner"
import { prefix } from "@/api/prefix"
import { useAway } from "@/api/queries"
import { SignIn } from "@/pages/sign-in/SignIn"
import { Failed, Loading } from "@/parts/States"
import type { Text } from "@/text/en"
import { t } from "@/text/t"
import css from "./Shell.module.css"
import { session, signOut } from "./session"
import { chooseTheme, type Theme, useTheme } from "./theme"

const CommandMenu = lazy(() => import("./CommandMenu"))

export interface Place {
  to: string
  text: Text
  Icon: LucideIcon
}

export const GROUPS: { text: Text; places: Place[] }[] = [
  {
    text: "nav.listen",
    places: [
      { to: "/live", text: "nav.live", Icon: Radio },
      { to: "/touchpoints", text: "nav.touchpoints", Icon: Tag },
    ],
  },
  {
    text: "nav.understand",
    places: [
      { to: "/map", text: "nav.map", Icon: MapIcon },
      { to: "/customers", text: "nav.customers", Icon: Users },
    ],
  },
  {
    text: "nav.admin",
    places: [
      { to: "/admin/sources", text: "nav.sources", Icon: Plug },
      { to: "/admin/keys", text: "nav.keys", Icon: KeyRound },
      { to: "/admin/dead-letter", text: "nav.deadLetter", Icon: Inbox },
      { to: "/admin/privacy", text: "nav.privacy", Icon: ShieldCheck },
      { to: "/admin/jobs", text: "nav.jobs", Icon: Activity },
    ],
  },
]

const THEMES: { theme: Theme; text: Text; Icon: LucideIcon }[] = [
  { theme: "system", text: "theme.system", Icon: Monitor },
  { theme: "light", text: "theme.light", Icon: Sun },
  { theme: "dark", text: "theme.dark", Icon: Moon },
]
const NARROW = "harken.narrow"

export function Shell() {
  const away = useAway()
  const who = useQuery({ ...session, refetchInterval: away ? 2_000 : 20_000 })
  const theme = useTheme()
  const [narrow, setNarrow] = useState(() => localStorage.getItem(NARROW) === "1")
  const [searching, setSearching] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault()
        setSearching((open) => !open)
      }
    }
    addEventListener("keydown", pressed)
    return () => removeEventListener("keydown", pressed)
  }, [])

  if (who.isPending) return <Loading lines={3} />
  if (who.error && !who.data) return <Failed error={who.error} retry={() => void who.refetch()} />
  if (!who.data?.signed_in) return <SignIn />

  const fold = () => {
    localStorage.setItem(NARROW, narrow ? "0" : "1")
    setNarrow(!narrow)
  }
  return (
    <div className={css.shell} data-narrow={narrow || undefined}>
      <a href={`${path}#content`} className={css.skip} onClick={focusContent}>
        {t("app.skip")}
      </a>
      <nav className={css.side} aria-label="Main">
        <div className={css.brand}>
          <img src={`${prefix}/mark.svg`} alt="" width={26} height={26} />
          <span className={css.word}>Harken</span>
          <button
            type="button"
            className={css.fold}
            onClick={fold}
            aria-label={t(narrow ? "nav.expand" : "nav.collapse")}
          >
            <PanelLeft size={16} />
          </button>
        </div>
        <button
          type="button"
          className={css.search}
          onClick={() => setSearching(true)}
          aria-label={`${t("nav.search")} ⌘K`}
          aria-keyshortcuts="Control+K Meta+K"
        >
          <SearchIcon size={15} aria-hidden="true" />
          <span className={css.word}>{t("nav.search")}</span>
          <kbd className={css.word}>⌘K</kbd>
        </button>
        {GROUPS.map((group) => (
          <div key={group.text} className={css.group}>
            <h2>{t(group.text)}</h2>
            {group.places.map(({ to, text, Icon }) => (
              <Link
                key={to}
                to={to}
                className={css.place}
                aria-current={path.startsWith(to) ? "page" : undefined}
                title={narrow ? t(text) : undefined}
                aria-label={t(text)}
              >
                <Icon size={17} strokeWidth={1.8} aria-hidden="true" />
                <span className={css.word}>{t(text)}</span>
              </Link>
            ))}
          </div>
        ))}
        <span className={css.grow} />
        <Link
          to="/start"
          className={css.place}
          aria-current={path.startsWith("/start") ? "page" : undefined}
          aria-label={t("nav.start")}
          title={narrow ? t("nav.start") : undefined}
        >
          <Rocket size={17} strokeWidth={1.8} aria-hidden="true" />
          <span className={css.word}>{t("nav.start")}</span>
        </Link>
        <a
          className={css.place}
          href={`${prefix}/api/docs`}
          aria-label={t("nav.api")}
          title={narrow ? t("nav.api") : undefined}
        >
          <BookOpen size={17} strokeWidth={1.8} aria-hidden="true" />
          <span className={css.word}>{t("nav.api")}</span>
        </a>
        {!who.data.open && (
          <button
            type="button"
            className={css.place}
            onClick={() => void signOut()}
            aria-label={t("nav.signOut")}
          >
            <LogOut size={17} strokeWidth={1.8} aria-hidden="true" />
            <span className={css.word}>{t("nav.signOut")}</span>
          </button>
        )}
        <fieldset className={css.themes} aria-label={t("nav.theme")}>
          {THEMES.map(({ theme: one, text, Icon }) => (
            <button
              key={one}
              type="button"
              aria-pressed={theme === one}
              onClick={() => chooseTheme(one)}
              aria-label={t(text)}
              title={t(text)}
            >
              <Icon size={15} />
            </button>
          ))}
        </fieldset>
      </nav>
      <main id="content" tabIndex={-1} className={css.main}>
        {away && (
          <p className={css.banner} role="status">
            {t("state.unreachable")}. {t("state.unreachableBody")}
          </p>
        )}
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      {searching && (
        <Suspense fallback={null}>
          <CommandMenu onClose={() => setSearching(false)} />
        </Suspense>
      )}
      <Toaster position="bottom-right" theme={theme} />
    </div>
  )
}

function focusContent(event: React.MouseEvent): void {
  event.preventDefault()
  document.getElementById("content")?.focus()
}
