/** Whose journeys: everybody's, or those of one segment. */
import { useQuery } from "@tanstack/react-query"
import { segments } from "@/api/segments"
import { t } from "@/text/t"

export function SegmentChoice({ segment, set }: { segment: string; set: (segment: string) => void }) {
  const list = useQuery(segments).data?.data ?? []
  const unknown = segment && !list.some(({ id }) => id === segment)
  return (
    <select
      aria-label={t("scope.segment")}
      title={t("scope.segment")}
      value={segment}
      onChange={(event) => set(event.target.value)}
    >
      <option value="">{t("scope.everybody")}</option>
      {unknown && <option value={segment}>{segment}</option>}
      {list.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
}
