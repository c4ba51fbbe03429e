/** The one button. `look`: primary for the page's main act, quiet for what is beside the point. */
import type { ButtonHTMLAttributes } from "react"
import css from "./parts.module.css"

export interface Look {
  look?: "plain" | "primary" | "quiet" | "danger"
  small?: boolean
  icon?: boolean
}

export function buttonClass({ look = "plain", small, icon }: Look): string {
  return [css.button, look !== "plain" && css[look], small && css.small, icon && css.icon]
    .filter(Boolean)
    .join(" ")
}

export function Button({
  look,
  small,
  icon,
  className,
  ...rest
}: Look & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button type="button" {...rest} className={`${buttonClass({ look, small, icon })} ${className ?? ""}`} />
  )
}
