/** Puts a text on the clipboard and says so. */
import { Check, Copy as CopyIcon } from "lucide-react"
import { useEffect, useState } from "react"
import { toast } from "sonner"
import { Button } from "@/parts/Button"
import { text as words } from "./text"

export function Copy({ text, small }: { text: string; small?: boolean }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      toast.error("The browser did not allow copying; select the text instead")
    }
  }
  const Icon = copied ? Check : CopyIcon
  return (
    <Button small={small} onClick={() => void copy()}>
      <Icon size={14} aria-hidden="true" />
      <span aria-live="polite">{copied ? words.copied : words.copy}</span>
    </Button>
  )
}
