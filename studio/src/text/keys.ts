/** Every key of the studio and what it does: those that work everywhere, and those of each page. */

export interface KeyText {
  /** Keys that do it, each on its own; several of a list are pressed together. */
  keys: readonly (readonly string[])[]
  does: string
}

const one = (...keys: string[]) => keys.map((key) => [key])

export const EVERYWHERE: readonly KeyText[] = [
  {
    keys: [
      ["Ctrl", "K"],
      ["⌘", "K"],
    ],
    does: "Search, or jump to a page or customer",
  },
  { keys: one("?"), does: "Show these keys" },
  { keys: one("Tab"), does: "To the next control; the first one skips the sidebar" },
  { keys: one("Enter"), does: "Open or press what has the focus" },
  { keys: one("Esc"), does: "Close or leave what is open" },
]

/** By the beginning of the page's address. */
export const PAGES: Readonly<Record<string, readonly KeyText[]>> = {
  "/live": [{ keys: one("Space"), does: "Pause, and go on" }],
  "/touchpoints": [
    { keys: one("Space"), does: "Select the row" },
    { keys: one("Enter"), does: "On a name: open it" },
    { keys: one("Esc"), does: "Close the panel; nothing is saved" },
  ],
  "/map": [
    { keys: one("→", "←"), does: "Along the strongest link, onward or back" },
    { keys: one("↑", "↓"), does: "Within the column" },
    { keys: one("Enter"), does: "Open the touchpoint; widen the stage, fold the channel" },
    { keys: one("Esc"), does: "Leave it" },
    { keys: one("t"), does: "Table and back" },
  ],
  "/paths": [
    {
      keys: one("→", "←", "↑", "↓"),
      does: "Along the widest ribbon, or up and down; in the tree to the parent and child",
    },
    { keys: one("Enter"), does: "Open the bar or branch" },
    { keys: one("r"), does: "Begin paths there; in the tree, show only this way" },
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/funnels": [
    { keys: one("Space"), does: "On a grip: lift the step, and put it down" },
    { keys: one("↑", "↓"), does: "Move the lifted step" },
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/retention": [
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/attribution": [
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/dashboard": [
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/gaps": [
    { keys: one("Enter"), does: "On a gap: open it" },
    { keys: one("Esc"), does: "Close the panel" },
    { keys: one("t"), does: "Tables and back" },
  ],
  "/segments": [{ keys: one("u"), does: "Undo the last change of the rule" }],
  "/customers": [
    { keys: one("→", "←", "Home", "End"), does: "Along the dots of a customer's journey" },
    { keys: one("Enter"), does: "Open the event, or a row of the timeline" },
    { keys: one("Esc"), does: "Empty the search box, let go of what was picked" },
  ],
  "/admin": [
    { keys: one("Enter"), does: "On a row's name: open it beside the list" },
    { keys: one("Esc"), does: "Close what is open" },
  ],
}

/** The keys of the page at an address. */
export function keysOf(path: string): readonly KeyText[] {
  return Object.entries(PAGES).find(([start]) => path === start || path.startsWith(`${start}/`))?.[1] ?? []
}
