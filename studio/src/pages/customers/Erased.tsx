/** What is left of an erased customer: the receipt, place by place, to keep as proof. */
import { Link } from "@tanstack/react-router"
import { Check, Copy, Download } from "lucide-react"
import { useState } from "react"
import type { Schemas } from "@/api/client"
import { Button, buttonClass } from "@/parts/Button"
import { count, exact } from "@/text/format"
import css from "./Dialogs.module.css"
import { copy, download } from "./handing"
import { text } from "./text"

export type Receipt = Schemas["Receipt"]

export function Erased({ receipt }: { receipt: Receipt }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className={css.receipt}>
      <article aria-labelledby="erased" role="status">
        <h2 id="erased">{text.erasedTitle}</h2>
        <p>{text.erasedBody}</p>
        <dl>
          {Object.entries(receipt.places).map(([place, removed]) => (
            <div key={place}>
              <dt>{place.charAt(0).toUpperCase() + place.slice(1)}</dt>
              <dd className="num">{count(removed)}</dd>
            </div>
          ))}
          <div>
            <dt>When</dt>
            <dd>{exact(receipt.at)}</dd>
          </div>
          <div>
            <dt>By</dt>
            <dd dir="auto">{receipt.by}</dd>
          </div>
          {receipt.reason && (
            <div>
              <dt>Reason</dt>
              <dd dir="auto">{receipt.reason}</dd>
            </div>
          )}
          <div>
            <dt>Receipt</dt>
            <dd>
              <code>{receipt.id}</code>
            </dd>
          </div>
        </dl>
        <footer>
          <Button onClick={async () => setCopied(await copy(JSON.stringify(receipt, null, 2)))}>
            {copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
            {copied ? text.copied : text.receiptCopy}
          </Button>
          <Button onClick={() => download(`erased-${receipt.id}.json`, receipt)}>
            <Download size={14} aria-hidden="true" /> {text.receiptSave}
          </Button>
          <Link to="/customers" className={buttonClass({ look: "quiet" })}>
            {text.toList}
          </Link>
        </footer>
      </article>
    </div>
  )
}
