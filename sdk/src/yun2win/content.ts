/** A message's content: what its JSON says, or the text itself where it is none. */
export function contentOf(content: unknown): unknown {
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}
