/** What the newest message of a conversation is, to be said in the user's language. */
export type Preview =
  | { kind: 'words'; words: string }
  | { kind: 'file'; words: string }
  | { kind: 'image' | 'video' | 'audio' | 'location' }

const WORDLESS = ['image', 'video', 'audio', 'location'] as const

/** Of the SDK's `lastMessage`. */
export function previewOf({ type, preview }: { type: string; preview: string }): Preview {
  const wordless = WORDLESS.find((kind) => kind === type)
  if (wordless) return { kind: wordless }
  if (type === 'file') return { kind: 'file', words: preview.replace(/^\[file\] ?/, '') }
  return { kind: 'words', words: preview.replace(/\s+/g, ' ').trim() }
}
