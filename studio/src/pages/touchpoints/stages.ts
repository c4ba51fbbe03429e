/** A stage's name -> an id that no other stage has. */
export function stageId(name: string, taken: readonly string[]): string {
  const plain =
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "_")
      .replace(/^_+|_+$/g, "") || "stage"
  let id = plain
  for (let number = 2; taken.includes(id); number++) id = `${plain}_${number}`
  return id
}
