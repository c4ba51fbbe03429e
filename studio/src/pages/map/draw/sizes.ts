/** Sizes the parts of the map share, in pixels. */
export const LABELS = 118
export const HEAD = 122
export const FOOT = 46
/** From this radius on a disc holds its number. */
export const NUMBERED = 12.5
/** Above that many links the ribbons are drawn on a canvas. */
export const CANVAS_FROM = 400
