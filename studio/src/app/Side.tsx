/** The sidebar, and on a telephone the bar below with a sheet for what has no room in it. */
import { Link } from "@tanstack/react-router"
import {
  BookOpen,
  Keyboard,
  LogOut,
  type LucideIcon,
  Menu,
  Monitor,
  Moon,
  PanelLeft,
  Search as SearchIcon,
  Sun,
} from "lucide-react"
import { Dialog } from "radix-ui"
import { useState } from "react"
import { prefix } from "@/api/prefix"
import parts from "@/parts/parts.module.css"
import type { Text } from "@/text/en"
import { t } from "@/text/t"
import { GROUPS, type Group, isAt, type Place, START } from "./places"
import css from "./Side.module.css"
import { signOut } from "./session"
import { chooseTheme, type Theme, useTheme } from "./theme"

const THEMES: { theme: Theme; text: Text; Icon: LucideIcon }[] = [
  { theme: "system", text: "theme.system", Icon: Monitor },
  { theme: "light", text: "theme.light", Icon: Sun },
  { theme: "dark", text: "theme.dark", Icon: Moon },
]
const NARROW = "harken.narrow"
/** Pages that have room in a telephone's bar; the sheet has the others. */
const BAR = ["/live", "/touchpoints", "/map", "/customers"]
const REST: readonly Group[] = GROUPS.map((group) => ({
  ...group,
  places: group.places.filter(({ to }) => !BAR.includes(to)),
})).filter(({ places }) => places.length > 0)

export interface SideProps {
  path: string
  /** Nobody signed in, so nobody can sign out. */
  open: boolean
  onSearch: () => void
  onKeys: () => void
}

export function Side(props: SideProps) {
  const [narrow, setNarrow] = useState(() => localStorage.getItem(NARROW) === "1")
  const fold = () => {
    localStorage.setItem(NARROW, narrow ? "0" : "1")
    setNarrow(!narrow)
  }
  return (
    <nav className={css.side} aria-label="Main" data-narrow={narrow || undefined}>
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
        onClick={props.onSearch}
        aria-label={`${t("nav.search")} ⌘K`}
        aria-keyshortcuts="Control+K Meta+K"
      >
        <SearchIcon size={15} aria-hidden="true" />
        <span className={css.word}>{t("nav.search")}</span>
        <span className={css.brief}>{t("nav.find")}</span>
        <kbd className={css.word}>⌘K</kbd>
      </button>
      <Places groups={GROUPS} path={props.path} named={narrow} />
      <span className={css.grow} />
      <Foot {...props} named={narrow} />
      <More {...props} />
    </nav>
  )
}

/** `named`: only signs are seen, so their names are told on hover. */
function Places({ groups, path, named }: { groups: readonly Group[]; path: string; named: boolean }) {
  return groups.map((group) => (
    <div key={group.text} className={css.group}>
      <h2>{t(group.text)}</h2>
      {group.places.map((place) => (
        <PlaceLink key={place.to} place={place} path={path} named={named} />
      ))}
    </div>
  ))
}

function PlaceLink({ place, path, named }: { place: Place; path: string; named: boolean }) {
  const { to, text } = place
  return (
    <Link
      to={to}
      className={css.place}
      data-bar={BAR.includes(to) || undefined}
      aria-current={isAt(place, path) ? "page" : undefined}
      title={named ? t(text) : undefined}
      aria-label={t(text)}
    >
      <Name Icon={place.Icon} text={text} />
    </Link>
  )
}

function Name({ Icon, text }: { Icon: LucideIcon; text: Text }) {
  return (
    <>
      <Icon size={17} strokeWidth={1.8} aria-hidden="true" />
      <span className={css.word}>{t(text)}</span>
    </>
  )
}

function Foot({ path, open, onKeys, named }: SideProps & { named: boolean }) {
  const theme = useTheme()
  const told = (text: Text) => ({ "aria-label": t(text), title: named ? t(text) : undefined })
  return (
    <div className={css.foot}>
      <PlaceLink place={START} path={path} named={named} />
      <a className={css.place} href={`${prefix}/api/docs`} {...told("nav.api")}>
        <Name Icon={BookOpen} text="nav.api" />
      </a>
      <button
        type="button"
        className={css.place}
        onClick={onKeys}
        aria-keyshortcuts="?"
        {...told("keys.title")}
      >
        <Name Icon={Keyboard} text="keys.title" />
        <kbd className={css.word}>?</kbd>
      </button>
      {!open && (
        <button type="button" className={css.place} onClick={() => void signOut()} {...told("nav.signOut")}>
          <Name Icon={LogOut} text="nav.signOut" />
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
    </div>
  )
}

/** On a telephone: what the bar has no room for. */
function More(props: SideProps) {
  const [shown, show] = useState(false)
  const elsewhere = [...REST.flatMap(({ places }) => places), START].some((place) => isAt(place, props.path))
  return (
    <Dialog.Root open={shown} onOpenChange={show}>
      <Dialog.Trigger className={css.more} data-here={elsewhere || undefined}>
        <Menu size={17} strokeWidth={1.8} aria-hidden="true" />
        <span>{t("nav.more")}</span>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className={parts.overlay} />
        <Dialog.Content
          className={css.sheet}
          aria-describedby={undefined}
          onClick={(event) => (event.target as Element).closest("a") && show(false)}
        >
          <Dialog.Title className="sr-only">{t("nav.more")}</Dialog.Title>
          <nav aria-label={t("nav.more")}>
            <Places groups={REST} path={props.path} named={false} />
          </nav>
          <Foot
            {...props}
            named={false}
            onKeys={() => {
              show(false)
              props.onKeys()
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
