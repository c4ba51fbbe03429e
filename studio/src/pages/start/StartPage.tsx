import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="First steps">{null}</PageFrame>
}
