/** Paths as a tree: every branch as high as its share of all, its children beside it, nothing crosses. */
import { useMemo, useState } from "react"
import { type Places, toldOf, usePlaces } from "@/pages/understand/places"
import { channel } from "@/parts/channel"
import { useSize } from "@/parts/useSize"
import { plural, share } from "@/text/format"
import { backward, isEdge, type Shows } from "./address"
import { anchorTold } from "./Controls"
import type { PictureProps } from "./Flow"
import { type Branch, nameOf, treeOf } from "./model"
import css from "./paths.module.css"
import { p } from "./text"

const HEAD = 40
const SIDE = 20
/** Lower ones are not drawn by themselves: the gray behind them is what they are. */
const LOWEST = 1.5
const NAMED = 18

interface Spot {
  branch: Branch
  y: number
  height: number
  children: Spot[]
  parent: Spot | null
}

export function Tree({ answer, shows, onPick, onOnly }: PictureProps & { onOnly: (path: string) => void }) {
  const [frame, size] = useSize<HTMLDivElement>()
  const places = usePlaces()
  const [at, setAt] = useState<number | null>(null)
  const tall = Math.max(360, (size?.height ?? 600) - HEAD - 16)
  const spots = useMemo(
    () => spotsOf(rooted(treeOf(answer, shows.level, places), shows, places), tall),
    [answer, shows, places, tall],
  )
  const [root, ...drawn] = spots
  const whole = Boolean(root && (!isEdge(shows.anchor) || shows.prefix.length))
  const steps = Math.max(...drawn.map(({ branch }) => branch.step), 1)
  const column = ((size?.width ?? 800) - SIDE * 2) / (steps + (whole ? 1 : 0))
  const back = backward(shows)
  const shown = whole ? spots : drawn
  const stop = shown.find(({ branch }) => branch.number === at) ?? shown[0]
  const move = (event: React.KeyboardEvent, spot: Spot) => {
    const to = next(shown, spot, event.key)
    if (to && shown.includes(to)) {
      event.preventDefault()
      setAt(to.branch.number)
      event.currentTarget.parentElement
        ?.querySelector<HTMLElement>(`[data-number="${to.branch.number}"]`)
        ?.focus()
    } else if (event.key === "r" && spot.branch.kind === "node") onOnly(spot.branch.path)
    else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      pick(spot.branch)
    }
  }
  const path = shows.pick?.table === "tree" ? shows.pick.path : null
  const pick = (branch: Branch) =>
    branch.path && onPick(path === branch.path ? null : { table: "tree", path: branch.path })
  return (
    <div className={css.flow} ref={frame}>
      <p className="sr-only" id="paths-keys">
        {p("keysTree")}
      </p>
      <div className={css.heads} aria-hidden="true">
        {Array.from({ length: steps }, (_, step) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a column is its number
            key={step}
            className={css.step}
            style={{ left: SIDE + (step + (whole ? 1 : 0)) * column }}
          >
            <b>
              {step + 1 > shows.depth
                ? p(back ? "began" : "ended")
                : p(back ? "stepBack" : "step", { step: step + 1 })}
            </b>
          </div>
        ))}
      </div>
      <div
        className={css.sheet}
        style={{ height: tall + HEAD + 8 }}
        role="tree"
        aria-label={p("treeChart")}
        aria-describedby="paths-keys"
      >
        {shown.map((spot) => {
          const { branch, y, height } = spot
          const of = branch.channel ? channel(branch.channel) : null
          return (
            <div
              key={branch.number}
              role="treeitem"
              aria-level={branch.step + (whole ? 1 : 0)}
              aria-expanded={spot.children.length ? true : undefined}
              aria-selected={path === branch.path}
              aria-label={branchWords(branch)}
              data-number={branch.number}
              data-kind={branch.kind}
              className={css.branch}
              tabIndex={spot === stop ? 0 : -1}
              title={branchWords(branch)}
              style={
                {
                  left: SIDE + (branch.step - (whole ? 0 : 1)) * column,
                  top: HEAD + y,
                  width: column - 2,
                  height: Math.max(1, height - (height > 4 ? 1.5 : 0.4)),
                  ...(of && { background: of.color, color: of.on }),
                } as React.CSSProperties
              }
              onClick={() => pick(branch)}
              onDoubleClick={() => branch.kind === "node" && onOnly(branch.path)}
              onFocus={() => setAt(branch.number)}
              onKeyDown={(event) => move(event, spot)}
            >
              {height > NAMED && (
                <span>
                  {branch.label} <small className="num">{share(branch.share, height > 30 ? 1 : 0)}</small>
                </span>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** The root is called by the name of where the paths begin. */
function rooted([root, ...rest]: readonly Branch[], shows: Shows, places: Places): Branch[] {
  if (!root) return []
  const shown = shows.prefix.at(-1)
  const name = shown
    ? nameOf(shown, "", shows.level, places)
    : isEdge(shows.anchor)
      ? { label: anchorTold(shows.anchor, places), channel: "" }
      : toldOf(shows.anchor, places)
  return [{ ...root, label: name.label, channel: name.channel }, ...rest]
}

function spotsOf(branches: readonly Branch[], tall: number): Spot[] {
  const root = branches[0]
  if (!root) return []
  const unit = tall / Math.max(1, root.walks)
  const spots = new Map<number, Spot>()
  const below = new Map<number, number>()
  for (const branch of branches) {
    const parent = branch.parent === null ? null : (spots.get(branch.parent) ?? null)
    if (branch.parent !== null && !parent) continue
    const y = parent ? (below.get(parent.branch.number) ?? parent.y) : 0
    const height = branch.walks * unit
    if (parent) below.set(parent.branch.number, y + height)
    if (height < LOWEST) continue
    const spot: Spot = { branch, y, height, children: [], parent }
    parent?.children.push(spot)
    spots.set(branch.number, spot)
  }
  return [...spots.values()]
}

const branchWords = (branch: Branch): string =>
  p("branchWords", {
    way: branch.label,
    customers: plural(branch.customers, "customer"),
    share: share(branch.share, 1),
  })

function next(shown: readonly Spot[], spot: Spot, key: string): Spot | undefined {
  if (key === "ArrowRight") return spot.children[0]
  if (key === "ArrowLeft") return spot.parent ?? undefined
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined
  const column = shown.filter(({ branch }) => branch.step === spot.branch.step).toSorted((a, b) => a.y - b.y)
  return column[column.indexOf(spot) + (key === "ArrowUp" ? -1 : 1)]
}
