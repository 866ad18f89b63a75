/** What the address of the page says. */
export interface PageAddress {
  groupId?: string
  userId?: string
  appKey?: string
  theme?: 'light' | 'dark'
  language?: 'en' | 'zh'
}

/** Of `location.search`. What is empty or unknown counts as not said. */
export function readPageAddress(search: string): PageAddress {
  const query = new URLSearchParams(search)
  const text = (name: string) => query.get(name)?.trim() || undefined
  const one = <T extends string>(name: string, ...words: T[]) => words.find((word) => word === text(name))
  return withoutUndefined({
    groupId: text('groupId'),
    userId: text('userId'),
    appKey: text('appKey'),
    theme: one('theme', 'light', 'dark'),
    language: one('lang', 'en', 'zh'),
  })
}

function withoutUndefined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
