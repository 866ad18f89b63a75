import { type Language, useLanguage } from '../i18n/language'
import { type Preview, previewOf, serverLineOf } from './preview'
import { conversationTexts } from './texts'

/** A message, or the newest one of a conversation. */
interface Said {
  type: string
  preview: string
}

/** What a message says, in a line and in the user's language, beside a picture of its `kind`. */
export function lineOf(said: Said, language: Language): { kind: Preview['kind']; words: string } {
  const t = conversationTexts[language]
  const preview = previewOf(said)
  if (preview.kind === 'file') return preview
  if (preview.kind !== 'words') return { kind: preview.kind, words: t[preview.kind] }
  const line = said.type === 'system' ? serverLineOf(preview.words) : undefined
  if (!line) return preview
  return { kind: 'words', words: line.event === 'begin' ? t.begin : t[line.event](line.name) }
}

/** The same in words alone. */
export function wordsOf(said: Said, language: Language): string {
  const { kind, words } = lineOf(said, language)
  return kind === 'file' ? conversationTexts[language].file(words) : words
}

export function useWordsOf(): (said: Said) => string {
  const language = useLanguage()
  return (said) => wordsOf(said, language)
}
