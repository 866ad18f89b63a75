/** Words, and where in them the cursor is: `end` is the same as `start` when nothing is marked. */
export interface Cursor {
  start: number
  end: number
}

/** Puts something where the cursor is, in place of what is marked, and the cursor behind it. */
export function insertAt(
  text: string,
  { start, end }: Cursor,
  what: string,
): { text: string; cursor: Cursor } {
  const from = Math.min(start, text.length)
  const at = from + what.length
  return {
    text: text.slice(0, from) + what + text.slice(Math.max(from, end)),
    cursor: { start: at, end: at },
  }
}
