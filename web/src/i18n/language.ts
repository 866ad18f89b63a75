import { stored, useStored } from '../platform/stored'

export type Language = 'en' | 'zh'

export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '中文' }

const ofBrowser: Language = navigator.language.startsWith('zh') ? 'zh' : 'en'

/** What the user chose, or else what the browser prefers. */
export const languageChoice = stored<Language>('language', ofBrowser)

export function useLanguage(): Language {
  return useStored(languageChoice)[0]
}

/** For `Intl` and the page's `lang`. */
export const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' }
