/** A touchpoint's name and the room for it -> at most two lines. Widths are reckoned, so the same on every machine. */

/** Between two lines of a name, in pixels. */
export const LINE_HEIGHT = 13

const NARROW = /[iljtfrI.,:;'!|()[\]/ -]/
const BROAD = /[mwMW@%—–]/
const UPPER = /[A-Z]/
const BEYOND = /[^ -ɏ]/

/** How wide a text is in Inter at 12 px, about. */
export function reckoned(text: string): number {
  let width = 0
  for (const letter of text)
    width += NARROW.test(letter)
      ? 3.8
      : BROAD.test(letter)
        ? 10
        : BEYOND.test(letter)
          ? 12
          : UPPER.test(letter)
            ? 8
            : 6.7
  return width
}

/** What is cut may stand out that far on both sides together; less than to its neighbor. */
const SLACK = 4

/** The least room in which a name stands whole on two lines. */
export function roomFor(text: string): number {
  const plain = text.replace(/\s+/g, " ").trim()
  const breaks = [...plain.matchAll(/[ /_-]/g)].map(({ index }) => index + 1)
  const halves = breaks.map((at) =>
    Math.max(reckoned(plain.slice(0, at).trim()), reckoned(plain.slice(at).trim())),
  )
  return Math.min(reckoned(plain), ...halves)
}

/** "Price calculator", 70 -> ["Price", "calculator"]. What does not fit ends in an ellipsis. */
export function lines(text: string, room: number): string[] {
  const plain = text.replace(/\s+/g, " ").trim() || "–"
  if (reckoned(plain) <= room) return [plain]
  const [first, rest] = broken(plain, room)
  return rest ? [cut(first, room + SLACK), cut(rest, room + SLACK)] : [cut(first, room + SLACK)]
}

/** The first line as full as it can be, and the rest: at a space, else after a slash or dash. */
function broken(text: string, room: number): [string, string] {
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index)
  const fits = (at: number) => reckoned(text.slice(0, at).trim()) <= room
  const space = spaces.findLast(fits) ?? (fits(text.search(/[/_-]/) + 1) ? undefined : spaces[0])
  if (space) return [text.slice(0, space), text.slice(space + 1)]
  const dashes = [...text.matchAll(/[/_-]/g)].map(({ index }) => index + 1)
  const dash = dashes.findLast((at) => at > 1 && at < text.length && fits(at))
  if (dash) return [text.slice(0, dash).trim(), text.slice(dash).trim()]
  return spaces[0] ? [text.slice(0, spaces[0]), text.slice(spaces[0] + 1)] : [text, ""]
}

function cut(text: string, room: number): string {
  if (reckoned(text) <= room) return text
  let kept = text
  while (kept.length > 1 && reckoned(`${kept}…`) > room) kept = [...kept].slice(0, -1).join("")
  return `${kept.trim()}…`
}
