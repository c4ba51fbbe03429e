import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Customers">{null}</PageFrame>
}
