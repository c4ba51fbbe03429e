/** What was done, and what the hub thinks is odd about it -> a toast; one with warnings stays until somebody has read it. */
import { type ExternalToast, toast } from "sonner"
import { why } from "@/api/client"
import type { Done } from "@/api/documents"
import { t } from "@/text/t"

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

/** Say what was done, with a way back. */
export function tell(message: string, { undo, warnings }: Done, description?: string): void {
  const action = {
    label: t("done.undo"),
    onClick: () => void undo().then(() => toast(t("done.undone")), failed),
  }
  warned(message, warnings, { description, duration: 12_000, action })
}

export function failed(error: unknown): void {
  toast.error(t("done.failed", { why: why(error) }))
}
