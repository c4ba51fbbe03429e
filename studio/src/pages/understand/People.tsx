/** Beside the picture: the customers behind a number, as many as it counts, each leading to the profile. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type Body, people, type Row } from "@/api/analyses"
import { why } from "@/api/client"
import { Avatar } from "@/pages/customers/Avatar"
import { ordered } from "@/pages/customers/layRibbon"
import { best, called, cut, named } from "@/pages/customers/who"
import { Button } from "@/parts/Button"
import { ChannelIcon, channel } from "@/parts/channel"
import { Moment } from "@/parts/Moment"
import { SidePanel } from "@/parts/SidePanel"
import panel from "@/parts/SidePanel.module.css"
import { Loading } from "@/parts/States"
import { plural } from "@/text/format"
import { t } from "@/text/t"
import css from "./People.module.css"
import { u } from "./text"

export function People(props: { name: string; body: Body; row: Row; told: string; onClose: () => void }) {
  const { name, body, row } = props
  const found = useInfiniteQuery({
    queryKey: ["analysis", "people", name, body, row],
    queryFn: ({ pageParam, signal }) => people(name, body, row, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  })
  const rows = found.data?.pages.flatMap((page) => page.data) ?? []
  const all = found.data?.pages.at(-1)?.total ?? rows.length
  return (
    <SidePanel title={props.told || u("who")} onClose={props.onClose}>
      {found.isPending && <Loading lines={10} />}
      {found.error && (
        <p role="alert">
          {u("whoFailed")}: {why(found.error)}{" "}
          <Button small onClick={() => void found.refetch()}>
            {t("state.retry")}
          </Button>
        </p>
      )}
      {found.data && (
        <p className={panel.quiet} role="status">
          {all ? plural(all, "customer") : u("whoNone")}
        </p>
      )}
      <ul className={css.people}>
        {rows.map((one) => {
          const known = best(one.identifiers)
          const title = called(one)
          return (
            <li key={one.id}>
              <Avatar name={named(one.traits)} />
              <span className={css.person}>
                <Link to="/customers/$ref" params={{ ref: one.id }} title={cut(title, 300)} dir="auto">
                  {cut(title, 60)}
                </Link>
                <small>
                  {known && known.value !== title ? cut(known.value, 60) : <Moment at={one.last_seen} />}
                </small>
              </span>
              <span className={css.icons}>
                {ordered(Object.keys(one.channels).filter(Boolean)).map((id) => (
                  <span key={id} title={channel(id).label}>
                    <ChannelIcon id={id} size={13} />
                    <span className="sr-only">{channel(id).label} </span>
                  </span>
                ))}
              </span>
            </li>
          )
        })}
      </ul>
      {found.hasNextPage && (
        <Button small disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {u("more")}
        </Button>
      )}
    </SidePanel>
  )
}
