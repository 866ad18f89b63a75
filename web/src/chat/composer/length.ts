import { text } from 'nudge-sdk'

/** What the server takes of a message, in bytes as they are stored. (docs/api.md) */
const MAX_BYTES = 64 * 1024
/** From here on it is told how long it is. */
const LONG_BYTES = 56 * 1024
/** No character takes more: control characters are written as `\u0001`. */
const MAX_BYTES_EACH = 6

/** How long a message is that says this. */
export function lengthOf(words: string): 'short' | 'long' | 'tooLong' {
  if (words.length * MAX_BYTES_EACH <= LONG_BYTES) return 'short'
  const bytes = new TextEncoder().encode(text.encode({ text: words })).length
  if (bytes > MAX_BYTES) return 'tooLong'
  return bytes > LONG_BYTES ? 'long' : 'short'
}
