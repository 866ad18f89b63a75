/** Contacts whose names begin with the same letter. */
export interface LetterSection<T> {
  /** `A` to `Z`, or `#` for everything else. */
  letter: string
  entries: T[]
}

/** The letter a name is found under: of its pinyin where it has one, accents left out. */
export function letterOf({
  displayName,
  pinyin,
}: {
  displayName: string
  pinyin: readonly string[]
}): string {
  const first = (pinyin[0] || displayName).normalize('NFKD').charAt(0).toUpperCase()
  return first >= 'A' && first <= 'Z' ? first : '#'
}

/** By letters, in the alphabet's order and `#` last; within a letter in the order given. */
export function inLetters<T extends { displayName: string; pinyin: readonly string[] }>(
  contacts: readonly T[],
): LetterSection<T>[] {
  const sections = new Map<string, T[]>()
  for (const contact of contacts) {
    const letter = letterOf(contact)
    const section = sections.get(letter)
    if (section) section.push(contact)
    else sections.set(letter, [contact])
  }
  const rank = (letter: string) => (letter === '#' ? 'Z#' : letter)
  return [...sections]
    .map(([letter, entries]) => ({ letter, entries }))
    .sort((a, b) => (rank(a.letter) < rank(b.letter) ? -1 : 1))
}
