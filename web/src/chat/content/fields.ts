/*
 * What others send is theirs to choose, and a content that says it is a picture may be any JSON: nothing of it is
 * taken for granted.
 */

/** The text of that name; blank when there is none. */
export function textField(content: unknown, name: string): string {
  const value = fieldOf(content, name)
  return typeof value === 'string' ? value : ''
}

/** The number of that name; undefined when there is none. */
export function numberField(content: unknown, name: string): number | undefined {
  const value = fieldOf(content, name)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function fieldOf(content: unknown, name: string): unknown {
  if (typeof content !== 'object' || content === null || !Object.hasOwn(content, name)) return undefined
  return (content as Record<string, unknown>)[name]
}
