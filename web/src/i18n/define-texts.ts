import type { Language } from './locales.js'

// biome-ignore lint/suspicious/noExplicitAny: each text knows what it needs
export type Texts = Record<string, string | ((...args: any[]) => string)>
export type InAnyWords<T extends Texts> = { [Key in keyof T]: T[Key] extends string ? string : T[Key] }

export type Translations<T extends Texts> = Record<Language, InAnyWords<T>>

/** What one part of the app says, in every language; the compiler sees to it that nothing is missing. */
export function defineTexts<T extends Texts>(texts: { en: T; zh: InAnyWords<NoInfer<T>> }): Translations<T> {
  return texts as Translations<T>
}
