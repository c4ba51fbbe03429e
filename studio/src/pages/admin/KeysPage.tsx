import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Keys">{null}</PageFrame>
}
