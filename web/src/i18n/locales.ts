export type Language = 'en' | 'zh'

/** Each in its own words. */
export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '中文' }

/** For `Intl` and the page's `lang`. */
export const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' }

/** How dates are written in a language: as the browser's user does (`en-GB`), where the browser tells. */
export function localeOf(language: Language, preferred = navigator.languages): string {
  // Some builds of Chromium say `en-US@posix`, which `Intl` refuses.
  const isOfLanguage = new RegExp(`^${language}(-\\w+)*$`)
  return preferred.find((locale) => isOfLanguage.test(locale)) ?? LOCALES[language]
}
