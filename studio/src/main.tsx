/** The studio begins: themes and styles first, then the router on the page's own prefix. */
import "@fontsource-variable/inter"
import "./style/base.css"
import "./style/tokens.css"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { queries } from "./api/queries"
import { answers } from "./app/patient"
import { router } from "./app/router"
import { followTheme } from "./app/theme"

// A chunk that is gone means that the hub was upgraded while this page was open: load the new one, once.
addEventListener("vite:preloadError", async () => {
  if (!(await answers())) return // it is only away: what wanted the chunk waits for it
  const key = "harken.reloaded"
  if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < 10_000) return
  sessionStorage.setItem(key, String(Date.now()))
  location.reload()
})

followTheme()
const root = document.getElementById("root")
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
