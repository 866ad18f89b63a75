export type Language = 'en' | 'zh'

/** Each in its own words. */
export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '中文' }

/** For `Intl` and the page's `lang`. */
export const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' }
