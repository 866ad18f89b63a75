/** How a picture lies in the window: enlarged so much, and moved so far (CSS pixels) from the middle. */
export interface View {
  scale: number
  x: number
  y: number
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 }
export const MAX_SCALE = 8

/** Enlarged so much more, while what is at that point (from the middle of the window) stays there. */
export function zoomAt({ scale, x, y }: View, factor: number, atX = 0, atY = 0): View {
  const next = Math.min(MAX_SCALE, Math.max(1, scale * factor))
  if (next === 1) return WHOLE
  const change = next / scale
  return { scale: next, x: atX - (atX - x) * change, y: atY - (atY - y) * change }
}

/** Moved, but not so far that nothing of it is left in a window of that size. */
export function moveBy({ scale, x, y }: View, byX: number, byY: number, width: number, height: number): View {
  const within = (value: number, length: number) => {
    const most = (length * (scale - 1)) / 2 + length / 4
    return Math.min(most, Math.max(-most, value))
  }
  if (scale === 1) return WHOLE
  return { scale, x: within(x + byX, width), y: within(y + byY, height) }
}
