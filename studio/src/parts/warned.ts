/** What was done, and what the hub thinks is odd about it -> a toast; one with warnings stays until somebody has read it. */
import { type ExternalToast, toast } from "sonner"

const SHOWN = 3

export function warned(message: string, warnings: readonly string[], more: ExternalToast = {}): void {
  if (!warnings.length) {
    toast.success(message, more)
    return
  }
  const hidden = warnings.length - SHOWN
  const told = [...warnings.slice(0, SHOWN), ...(hidden > 0 ? [`${hidden} more`] : [])]
  toast.warning(message, {
    ...more,
    description: told.join(" · "),
    duration: Number.POSITIVE_INFINITY,
    closeButton: true,
  })
}
