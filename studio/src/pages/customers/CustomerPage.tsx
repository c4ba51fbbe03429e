import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Customer">{null}</PageFrame>
}
