const MAX_LENGTH = 3000
const MAX_LINES = 60

/** The beginning of a very long text; undefined of one that is shown whole. */
export function excerptOf(text: string): string | undefined {
  let end = Math.min(text.length, MAX_LENGTH)
  for (let at = -1, lines = 0; lines < MAX_LINES; lines += 1) {
    at = text.indexOf('\n', at + 1)
    if (at === -1 || at >= end) break
    if (lines === MAX_LINES - 1) end = at
  }
  if (end === text.length) return undefined
  // Not in the middle of a character of two units.
  return /[\ud800-\udbff]/.test(text[end - 1] ?? '') ? text.slice(0, end - 1) : text.slice(0, end)
}
