import { stored, useStored } from '../platform/stored'
import type { Language } from './locales'

export { LANGUAGES, type Language, LOCALES } from './locales'

const ofBrowser: Language = navigator.language.startsWith('zh') ? 'zh' : 'en'

/** What the user chose, or else what the browser prefers. */
export const languageChoice = stored<Language>('language', ofBrowser)

export function useLanguage(): Language {
  return useStored(languageChoice)[0]
}
