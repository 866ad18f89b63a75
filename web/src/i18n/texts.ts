import type { InAnyWords, Texts, Translations } from './define-texts'
import { useLanguage } from './language'

export { defineTexts, type Translations } from './define-texts'

/** In the language that is chosen now. */
export function useTexts<T extends Texts>(texts: Translations<T>): InAnyWords<T> {
  return texts[useLanguage()]
}
