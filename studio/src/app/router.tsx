/** Every page of the studio and its address. Pages are loaded when they are first opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router"
import { prefix } from "@/api/prefix"
import { queries } from "@/api/queries"
import { sample } from "@/api/sample"
import { Failed, NotFound } from "@/parts/States"
import { patient } from "./patient"
import { Shell } from "./Shell"
import { session } from "./session"

/** What the address says of a page, unchecked: each page reads its own words (`useSearch`), strings only. */
export type Search = Record<string, string | undefined>

const words = (search: Record<string, unknown>): Search =>
  Object.fromEntries(
    Object.entries(search)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, typeof value === "string" ? value : String(value)]),
  )

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch: words })

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: () => null, // until somebody is signed in, then it leads on
  beforeLoad: async () => {
    const to = await firstPage()
    if (to) throw redirect({ to, replace: true })
  },
})

/** Where whoever is signed in begins: with the first steps in an empty hub, looking on while one is being filled. */
async function firstPage(): Promise<string | undefined> {
  try {
    if (!(await queries.fetchQuery(session)).signed_in) return undefined
    const { empty, state } = await queries.fetchQuery(sample)
    if (state === "loading") return "/live"
    return empty && state === "none" ? "/start" : "/map"
  } catch {
    return "/map"
  }
}

const page = <Path extends string>(path: Path, load: () => Promise<{ Page: () => React.ReactNode }>) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(() => patient(load), "Page"),
  })

const pages = [
  home,
  page("/live", () => import("@/pages/live/LivePage")),
  page("/touchpoints", () => import("@/pages/touchpoints/TouchpointsPage")),
  page("/map", () => import("@/pages/map/MapPage")),
  page("/paths", () => import("@/pages/paths/PathsPage")),
  page("/funnels", () => import("@/pages/funnels/FunnelsPage")),
  page("/gaps", () => import("@/pages/gaps/GapsPage")),
  page("/retention", () => import("@/pages/retention/RetentionPage")),
  page("/attribution", () => import("@/pages/attribution/AttributionPage")),
  page("/dashboard", () => import("@/pages/dashboard/DashboardPage")),
  page("/segments", () => import("@/pages/segments/SegmentsPage")),
  page("/customers", () => import("@/pages/customers/CustomersPage")),
  page("/customers/$ref", () => import("@/pages/customers/CustomerPage")),
  page("/start", () => import("@/pages/start/StartPage")),
  page("/admin/keys", () => import("@/pages/admin/KeysPage")),
  page("/admin/sources", () => import("@/pages/admin/SourcesPage")),
  page("/admin/dead-letter", () => import("@/pages/admin/DeadLetterPage")),
  page("/admin/privacy", () => import("@/pages/admin/PrivacyPage")),
  page("/admin/jobs", () => import("@/pages/admin/JobsPage")),
]

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: prefix || "/",
  // addresses are to be read and typed: ?from=2026-09-01&focus=web, without JSON's quotes
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const told = new URLSearchParams(
      Object.entries(search).filter(
        (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "",
      ),
    ).toString()
    return told ? `?${told}` : ""
  },
  scrollRestoration: true,
  defaultPreload: "intent",
  // a page that breaks takes nothing else with it, and can be tried again
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
