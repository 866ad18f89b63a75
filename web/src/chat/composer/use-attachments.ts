import { useSyncExternalStore } from 'react'
import { type Attachment, keepPicked, onPickedChange, pickedFiles } from '../../drafts/picked-files'
import { useTexts } from '../../i18n/texts'
import { showError } from '../../platform/show-error'
import { lookAtFile } from './look-at-file'
import { composerTexts } from './texts'

export interface Attachments {
  items: readonly Attachment[]
  /** Picks more. Says why of those that cannot be sent. */
  add(files: Iterable<File>): void
  /** Gives whether it was still there. */
  remove(id: number): boolean
}

let lastId = 0

/** The files that were picked and not yet sent. They are there again for who comes back to the session. */
export function useAttachments(userId: string, sessionId: string): Attachments {
  const t = useTexts(composerTexts)
  const now = () => pickedFiles(userId, sessionId)
  const items = useSyncExternalStore(onPickedChange, now)

  const remove = (id: number) => {
    const before = now()
    const kept = before.filter((item) => item.id !== id)
    if (kept.length < before.length) keepPicked(userId, sessionId, kept)
    return kept.length < before.length
  }
  const attach = (file: File): Attachment => {
    lastId += 1
    const id = lastId
    const look = lookAtFile(file)
    void look.then((found) => {
      if (found) return
      remove(id)
      showError(t.unreadable(file.name))
    })
    return { id, file, look }
  }
  return {
    items,
    add(files) {
      const all = [...files]
      for (const { name } of all.filter(({ size }) => size === 0)) showError(t.empty(name))
      const more = all.filter(({ size }) => size > 0).map(attach)
      if (more.length > 0) keepPicked(userId, sessionId, [...now(), ...more])
    },
    remove,
  }
}
