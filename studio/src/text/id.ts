/** An id for a name: "Ordered twice!" -> "ordered_twice"; `usual` when nothing of the name can stand in one. */
export function idFor(name: string, taken: ReadonlySet<string>, usual: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  const id =
    plain
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 60) || usual
  if (!taken.has(id)) return id
  for (let number = 2; ; number += 1) if (!taken.has(`${id}_${number}`)) return `${id}_${number}`
}
