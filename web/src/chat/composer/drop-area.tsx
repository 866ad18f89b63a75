import { IconUpload } from '@tabler/icons-react'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { useTexts } from '../../i18n/texts'
import { showError } from '../../platform/show-error'
import css from './drop-area.module.css'
import { composerTexts } from './texts'

interface DropAreaProps {
  inside: RefObject<HTMLElement | null>
  name: string
  onFiles(files: File[]): void
}

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false

/** Takes files that are dropped or pasted anywhere in the chat: in the `main` around it, or else in the page. */
export function DropArea({ inside, name, onFiles }: DropAreaProps) {
  const t = useTexts(composerTexts)
  const [area, setArea] = useState<HTMLElement>()
  const [isOver, setOver] = useState(false)
  const take = useRef(onFiles)
  const unreadable = useRef(t.unreadable)
  useEffect(() => {
    take.current = onFiles
    unreadable.current = t.unreadable
  })

  useEffect(() => {
    const around = inside.current?.closest('main') ?? document.body
    setArea(around)
    const isInside = ({ target }: Event) => target instanceof Node && around.contains(target)

    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return
      // Also beside the chat: or else the browser would leave the app and show the file.
      event.preventDefault()
      event.dataTransfer.dropEffect = isInside(event) ? 'copy' : 'none'
      setOver(isInside(event))
    }
    const onDragLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      if (!isInside(event)) return
      const { files, folders } = split(event.dataTransfer)
      for (const folder of folders) showError(unreadable.current(folder))
      if (files.length > 0) take.current(files)
    }
    const onPaste = (event: ClipboardEvent) => {
      if (!isInside(event) && event.target !== document.body) return
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0 || isFormatted(event.clipboardData)) return
      event.preventDefault()
      take.current(files)
    }
    document.addEventListener('dragover', onDragOver)
    document.addEventListener('dragleave', onDragLeave)
    document.addEventListener('drop', onDrop)
    document.addEventListener('paste', onPaste)
    return () => {
      document.removeEventListener('dragover', onDragOver)
      document.removeEventListener('dragleave', onDragLeave)
      document.removeEventListener('drop', onDrop)
      document.removeEventListener('paste', onPaste)
    }
  }, [inside])

  if (!isOver || !area) return null
  return createPortal(
    <div className={css.veil}>
      <div className={css.sign}>
        <IconUpload size={40} stroke={1.5} aria-hidden />
        <strong>{t.drop}</strong>
        <span>{t.dropTo(name)}</span>
      </div>
    </div>,
    area,
  )
}

/** Folders come as files that cannot be read. */
function split(data: DataTransfer | null): { files: File[]; folders: string[] } {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.())
  const folders = entries.filter((entry) => entry?.isDirectory).map((entry) => entry?.name ?? '')
  return { files: [...(data?.files ?? [])].filter(({ name }) => !folders.includes(name)), folders }
}

/** Words out of an office program come with a picture of themselves. */
function isFormatted(data: DataTransfer | null): boolean {
  return ['text/plain', 'text/html'].every((type) => data?.types.includes(type))
}
