import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Background work">{null}</PageFrame>
}
