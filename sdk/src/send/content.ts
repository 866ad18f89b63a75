import type { StoredFile } from '../http/files.js'
import type { Upload } from './draft.js'

/** What a message says of its file once that is uploaded. (yun2win.md §1.8) */
export function contentOf(
  { kind, name, size, about }: Upload,
  { src, width = 0, height = 0 }: StoredFile,
): string {
  const picture = { src, thumbnail: src, width, height }
  const content =
    kind === 'image'
      ? picture
      : kind === 'video'
        ? { ...picture, name }
        : kind === 'audio'
          ? { src, second: 0 }
          : { src, name, size }
  return JSON.stringify({ ...content, ...about })
}
