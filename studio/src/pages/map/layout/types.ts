/** The words of the layout: what it takes (spots, flows) and what it gives (discs on a grid of stages and channels). */

/** A touchpoint as far as the layout cares. */
export interface Spot {
  id: string
  label: string
  channel: string
  /** Index of its stage. */
  stage: number
  customers: number
  /** How many touchpoints a closed group stands for; 1 for one. */
  members: number
}

export interface Flow {
  from: string
  to: string
  customers: number
}

/** What is laid out. Always the whole map of all time, so that filters never move anything. */
export interface Input {
  spots: readonly Spot[]
  flows: readonly Flow[]
  stages: number
}

export interface Room {
  width: number
  height: number
  /** A stage that takes most of the width. */
  wide?: number | undefined
  /** Channels whose row is folded to a line. */
  folded?: ReadonlySet<string> | undefined
  /** The map this one came from by opening a group: what is in both keeps its place. */
  like?: Grid | undefined
}

export interface Disc {
  id: string
  x: number
  y: number
  /** The room the disc has; it is never drawn larger. */
  r: number
  stage: number
  sub: number
  row: number
  /** Its name in at most two lines; none in a folded row. */
  names: readonly string[]
}

export interface Column {
  stage: number
  x: number
  width: number
  /** Sub-columns; 0 in a slim stage, where nothing stands. */
  subs: number
  /** Width of one sub-column. */
  unit: number
}

export interface Row {
  channel: string
  y: number
  height: number
  folded: boolean
}

export interface Grid {
  discs: readonly Disc[]
  at: ReadonlyMap<string, Disc>
  columns: readonly Column[]
  rows: readonly Row[]
  width: number
  height: number
}
