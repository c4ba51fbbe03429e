/** What should not come after what: each to be taken away, and one to be written. */
import { X } from "lucide-react"
import { u } from "@/pages/understand/text"
import shared from "@/pages/understand/understand.module.css"
import parts from "@/parts/parts.module.css"
import css from "./gaps.module.css"
import { g } from "./text"

export function Rules({
  rules,
  onChange,
}: {
  rules: readonly string[]
  onChange: (to: readonly string[]) => void
}) {
  return (
    <fieldset className={shared.chips}>
      <legend className="sr-only">{g("contradictions")}</legend>
      {rules.map((rule) => (
        <span key={rule} className={shared.chip} title={rule}>
          <span dir="auto">{rule}</span>
          <button
            type="button"
            aria-label={u("remove", { name: rule })}
            onClick={() => onChange(rules.filter((one) => one !== rule))}
          >
            <X size={13} aria-hidden="true" />
          </button>
        </span>
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const told = String(new FormData(event.currentTarget).get("rule") ?? "").trim()
          if (told) onChange([...new Set([...rules, told])])
          event.currentTarget.reset()
        }}
      >
        <input
          name="rule"
          className={`${parts.input} ${css.rule}`}
          aria-label={g("contradictions")}
          placeholder={g("addContradiction")}
        />
      </form>
    </fieldset>
  )
}
