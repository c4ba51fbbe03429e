import { PageFrame } from "@/parts/Page"

export function Page() {
  return <PageFrame title="Dead letters">{null}</PageFrame>
}
