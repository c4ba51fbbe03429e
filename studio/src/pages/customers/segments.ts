/** Segment ids -> what people call them. */
import { useQuery } from "@tanstack/react-query"
import { segments } from "./asked"

export function useSegmentNames(): ReadonlyMap<string, string> {
  const asked = useQuery(segments)
  return new Map((asked.data?.data ?? []).map((one) => [one.id, one.name]))
}
