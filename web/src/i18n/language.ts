import { stored, useStored } from '../browser/stored'
import type { Language } from './locales'

export { LANGUAGES, type Language, LOCALES } from './locales'

const ofBrowser: Language = navigator.language.startsWith('zh') ? 'zh' : 'en'

/** What the user chose, or else what the browser prefers. */
export const languageChoice = stored<Language>('language', ofBrowser)

let asked: Language | undefined

/** For pages whose address says the language: it wins over what was chosen, and is not kept. Before anything is shown. */
export function speak(language: Language): void {
  asked = language
}

export function useLanguage(): Language {
  const [chosen] = useStored(languageChoice)
  return asked ?? chosen
}
