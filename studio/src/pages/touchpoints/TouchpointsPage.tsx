import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Touchpoints">{null}</PageFrame>
}
