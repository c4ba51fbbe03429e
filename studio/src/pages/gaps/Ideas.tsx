/** What the team wants to try: each idea with what is hoped of it, how it stands, and the way back to its gap. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Pencil, Trash2 } from "lucide-react"
import { useState } from "react"
import { type Idea, ideas, removeIdea } from "@/api/ideas"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { Table } from "@/parts/Table"
import { failed, tell } from "@/parts/warned"
import css from "./gaps.module.css"
import { IdeaDialog } from "./IdeaDialog"
import { titleOf, worthTold } from "./List"
import { g, KINDS, type Kind, STATUS } from "./text"

export function Ideas() {
  const known = useQuery(ideas)
  const [changed, change] = useState<Idea>()
  const list = known.data ?? []
  if (!list.length) return null
  const remove = async (idea: Idea) => {
    try {
      tell(g("ideaRemoved", { name: idea.name }), await removeIdea(idea))
    } catch (error) {
      failed(error)
    }
  }
  return (
    <section className={css.ideas} aria-labelledby="ideas">
      <h2 id="ideas">{g("ideas")}</h2>
      <Table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{g("ideaName")}</th>
            <th scope="col">{g("ideaFrom")}</th>
            <th scope="col" className={parts.right}>
              {g("ideaValue")}
            </th>
            <th scope="col">{g("ideaStatus")}</th>
            <th scope="col">{g("ideaOwner")}</th>
            <th scope="col">
              <span className="sr-only">{g("ideaActions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((idea) => (
            <tr key={idea.id}>
              <td title={idea.hypothesis} dir="auto">
                {idea.name}
              </td>
              <td>
                <Origin idea={idea} />
              </td>
              <td className={parts.right}>
                {idea.value === null ? <span className="quiet">{g("nothing")}</span> : worthTold(idea.value)}
              </td>
              <td>{STATUS[idea.status]}</td>
              <td dir="auto">{idea.owner}</td>
              <td className={parts.right}>
                <Button
                  small
                  look="quiet"
                  aria-label={g("ideaChangeThis", { name: idea.name })}
                  onClick={() => change(idea)}
                >
                  <Pencil size={14} aria-hidden="true" />
                </Button>
                <Button
                  small
                  look="quiet"
                  aria-label={g("ideaRemove", { name: idea.name })}
                  onClick={() => void remove(idea)}
                >
                  <Trash2 size={14} aria-hidden="true" />
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {changed && <IdeaDialog idea={changed} onClose={() => change(undefined)} />}
    </section>
  )
}

/** The way back to what an idea was read from. */
function Origin({ idea }: { idea: Idea }) {
  const navigate = useNavigate()
  const { address, row } = idea.origin
  const kind = KINDS[String(row.kind) as Kind]
  const told = kind
    ? `${kind}: ${titleOf({ from: String(row.from ?? ""), to: String(row.to ?? "") })}`
    : address
  if (!address) return <span className="quiet">{told || g("nothing")}</span>
  const at = new URL(address, location.origin)
  return (
    <button
      type="button"
      className={css.back}
      title={g("ideaBack")}
      onClick={() => void navigate({ to: at.pathname, search: Object.fromEntries(at.searchParams) as never })}
    >
      {told}
    </button>
  )
}
