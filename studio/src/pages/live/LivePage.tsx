import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Live">{null}</PageFrame>
}
