/** In a panel: places and ends, each with the customers behind it, its share, and a bar to compare it by. */
import type { Row } from "@/api/analyses"
import { ChannelDot } from "@/parts/channel"
import panel from "@/parts/SidePanel.module.css"
import { share } from "@/text/format"
import { Customers } from "./Number"

export interface Line {
  key: string
  label: string
  /** "" of what is no place: it ended, or is still open. */
  channel: string
  open: boolean
  customers: number
  /** Whom the number lists, and what they are called. */
  row: Row
  of?: string
  share: number | null
  /** Where the name leads. */
  onName?: () => void
  onNameTitle?: string
}

export function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  if (!lines.length) return null
  const most = Math.max(...lines.map(({ customers }) => customers), 1)
  return (
    <>
      <h3>{title}</h3>
      <ul className={panel.rows} aria-label={title}>
        {lines.map((one) => (
          <li key={one.key} className={panel.row}>
            {one.channel ? (
              <ChannelDot id={one.channel} />
            ) : (
              <i className={panel.ink} data-open={one.open || undefined} aria-hidden="true" />
            )}
            {one.onName ? (
              <button type="button" className={panel.name} title={one.onNameTitle} onClick={one.onName}>
                {one.label}
              </button>
            ) : (
              <span className={panel.name} title={one.label} dir="auto">
                {one.label}
              </span>
            )}
            <Customers value={one.customers} row={one.row} of={one.of ?? one.label} />
            <span className={`${panel.beside} num`}>{one.share === null ? "" : share(one.share)}</span>
            <i
              data-bar
              style={{ width: `calc((100% - 18px) * ${one.customers / most})` }}
              aria-hidden="true"
            />
          </li>
        ))}
      </ul>
    </>
  )
}
