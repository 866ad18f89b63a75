/**
 * Whether what was typed is in one of the texts, or is how one of the spellings (pinyin: `zhangsan`, `zs`) begins.
 * Case and accents make no difference. Nothing typed fits everything.
 */
export function matches(query: string, texts: readonly string[], spellings: readonly string[] = []): boolean {
  const term = fold(query)
  if (term === '') return true
  if (texts.some((text) => fold(text).includes(term))) return true
  const letters = term.replace(/\s/g, '')
  return spellings.some((spelling) => spelling.startsWith(letters))
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()
}
