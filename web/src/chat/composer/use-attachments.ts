import { notifications } from '@mantine/notifications'
import { useRef, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import { type Look, lookAtFile } from './look-at-file'
import { composerTexts } from './texts'

/** A file that was picked, and is sent together with the words. */
export interface Attachment {
  id: number
  file: File
  look: Promise<Look | undefined>
}

export interface Attachments {
  items: readonly Attachment[]
  /** Picks more. Says why of those that cannot be sent. */
  add(files: Iterable<File>): void
  remove(id: number): void
  clear(): void
}

/** The files that were picked and not yet sent. */
export function useAttachments(): Attachments {
  const t = useTexts(composerTexts)
  const [items, setItems] = useState<readonly Attachment[]>([])
  const lastId = useRef(0)

  const remove = (id: number) => setItems((now) => now.filter((item) => item.id !== id))
  const refuse = (message: string) => notifications.show({ color: 'red', message })
  const attach = (file: File): Attachment => {
    lastId.current += 1
    const id = lastId.current
    const look = lookAtFile(file)
    void look.then((found) => {
      if (found) return
      remove(id)
      refuse(t.unreadable(file.name))
    })
    return { id, file, look }
  }
  return {
    items,
    add(files) {
      const all = [...files]
      for (const { name } of all.filter(({ size }) => size === 0)) refuse(t.empty(name))
      const more = all.filter(({ size }) => size > 0).map(attach)
      if (more.length > 0) setItems((now) => [...now, ...more])
    },
    remove,
    clear: () => setItems([]),
  }
}
