import { useLanguage } from '../i18n/language'
import { useClient } from '../platform/client-context'
import { type Preview, previewOf } from './preview'
import { type Reader, systemLine } from './system-lines'
import { wordTexts } from './texts'

/** A message, or the newest one of a conversation. */
interface Said {
  senderId: string
  type: string
  preview: string
}

/** What a message says, in a line and in the reader's language, beside a picture of its `kind`. */
export function lineOf(said: Said, reader: Reader): { kind: Preview['kind']; words: string } {
  const preview = previewOf(said)
  if (preview.kind === 'file') return preview
  if (preview.kind !== 'words') {
    return { kind: preview.kind, words: wordTexts[reader.language][preview.kind] }
  }
  if (said.type !== 'system') return preview
  return { kind: 'words', words: systemLine(preview.words, said.senderId, reader) }
}

/** The same in words alone. */
export function wordsOf(said: Said, reader: Reader): string {
  const { kind, words } = lineOf(said, reader)
  return kind === 'file' ? wordTexts[reader.language].file(words) : words
}

export function useWordsOf(): (said: Said) => string {
  const reader = useReader()
  return (said) => wordsOf(said, reader)
}

/** Who looks at the page. */
export function useReader(): Reader {
  const { me } = useClient()
  return { language: useLanguage(), me }
}
