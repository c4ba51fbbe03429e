/** Text -> a file in the downloads, or the clipboard. */

/** Save something as a file. */
export function download(name: string, told: unknown): void {
  const address = URL.createObjectURL(
    new Blob([JSON.stringify(told, null, 2)], { type: "application/json;charset=utf-8" }),
  )
  const link = document.createElement("a")
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Whether the text is in the clipboard now: some browsers and addresses do not let a page write there. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
