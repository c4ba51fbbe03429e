/** Sidebar, command menu and the page beside them; who is not signed in is asked for a key instead. */
import { useQuery } from "@tanstack/react-query"
import { Outlet, useRouterState } from "@tanstack/react-router"
import { lazy, Suspense, useLayoutEffect, useState } from "react"
import { Toaster } from "sonner"
import { useAway } from "@/api/queries"
import { SignIn } from "@/pages/sign-in/SignIn"
import { Failed, Loading } from "@/parts/States"
import { t } from "@/text/t"
import { useKeys } from "./keyboard"
import { patient } from "./patient"
import css from "./Shell.module.css"
import { Side } from "./Side"
import { session } from "./session"
import { useTheme } from "./theme"

const CommandMenu = lazy(() => patient(() => import("./CommandMenu")))
const KeyList = lazy(() => patient(() => import("./KeyList")))

export function Shell() {
  const away = useAway()
  const who = useQuery({ ...session, refetchInterval: away ? 2_000 : 20_000 })
  const theme = useTheme()
  const [over, setOver] = useState<"search" | "keys" | "">("")
  const path = useRouterState({ select: (state) => state.location.pathname })
  const inside = who.data?.signed_in ?? false

  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault()
        setOver((now) => (now === "search" ? "" : "search"))
      }
    }
    addEventListener("keydown", pressed)
    return () => removeEventListener("keydown", pressed)
  }, [])
  useKeys((event) => {
    if (event.key !== "?" || !inside) return
    event.preventDefault()
    setOver("keys")
  })

  if (who.isPending) return <Loading lines={3} />
  if (who.error && !who.data) return <Failed error={who.error} retry={() => void who.refetch()} />
  if (!inside) return <SignIn />

  return (
    <div className={css.shell}>
      <header className={css.before}>
        <a href={`${path}#content`} className={css.skip} onClick={focusContent}>
          {t("app.skip")}
        </a>
      </header>
      <Side
        path={path}
        open={who.data.open}
        onSearch={() => setOver("search")}
        onKeys={() => setOver("keys")}
      />
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
      <Suspense fallback={null}>
        {over === "search" && <CommandMenu onClose={() => setOver("")} onKeys={() => setOver("keys")} />}
        {over === "keys" && <KeyList path={path} onClose={() => setOver("")} />}
      </Suspense>
      <Toaster position="bottom-right" theme={theme} />
    </div>
  )
}

function focusContent(event: React.MouseEvent): void {
  event.preventDefault()
  document.getElementById("content")?.focus()
}
