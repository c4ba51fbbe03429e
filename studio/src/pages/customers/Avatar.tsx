/** The round picture of a customer: two letters of the name, or a person's outline. */
import { UserRound } from "lucide-react"
import css from "./Avatar.module.css"
import { initials } from "./who"

export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  const letters = initials(name)
  return (
    <span
      className={css.avatar}
      data-large={large || undefined}
      data-named={letters ? true : undefined}
      aria-hidden="true"
    >
      {letters || <UserRound size={large ? 22 : 15} strokeWidth={1.9} />}
    </span>
  )
}
