/** A text as people gave it, however long: a few lines of it, and all of it when asked. */
import { useState } from "react"
import { t } from "@/text/t"
import { Button } from "./Button"
import css from "./Long.module.css"

/** About what three lines hold where it is narrow. */
const FITS = 90

export function Long({ text, className }: { text: string; className?: string | undefined }) {
  const [whole, setWhole] = useState(false)
  const fits = text.length <= FITS
  return (
    <>
      <span
        className={`${css.long} ${className ?? ""}`}
        data-whole={whole || undefined}
        tabIndex={whole ? 0 : undefined}
        dir="auto"
      >
        {fits || whole ? text : text.slice(0, FITS * 4)}
      </span>
      {!fits && (
        <Button
          small
          look="quiet"
          className={css.more}
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
        >
          {t(whole ? "long.less" : "long.all")}
        </Button>
      )}
    </>
  )
}
