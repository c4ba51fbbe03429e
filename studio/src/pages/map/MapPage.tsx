import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Journey map">{null}</PageFrame>
}
