/** A moment as people say it, exact on hover. */
import { ago, exact } from "@/text/format"

export function Moment({ at }: { at: string | null | undefined }) {
  if (!at) return <span className="quiet">–</span>
  return (
    <time dateTime={at} title={exact(at)} className="num">
      {ago(at)}
    </time>
  )
}
