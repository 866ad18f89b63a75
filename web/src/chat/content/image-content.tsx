import { IconPhotoOff } from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import { Dialog } from '../../lists/dialog'
import { useClient } from '../../platform/client-context'
import { useUntilLive } from '../../platform/use-until-live'
import { ErrorBoundary } from '../../ui/error-boundary'
import css from './content.module.css'
import { numberField, textField } from './fields'
import { boxOf } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadRing } from './upload-progress'
import { useMessageChanges } from './use-message-changes'
import { useObjectUrl } from './use-object-url'

const ImageViewer = lazy(() => import('./image-viewer'))

/** A picture, small; a click shows it large. */
export function ImageContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const client = useClient()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = textField(content, 'src')
  const percent = percentOf(message)
  const remotes = upload ? [] : addressesOf(content, client.files.urlOf.bind(client.files))
  if (!upload && src === '') return <BrokenContent isBare />

  const box = boxOf(numberField(content, 'width'), numberField(content, 'height'))
  const style = { width: box.width, aspectRatio: `${box.width} / ${box.height}` }
  const picture = <Picture file={upload?.file} remotes={remotes} />
  if (upload) {
    return (
      <span className={css.frame} style={style}>
        {picture}
        {percent !== undefined && <UploadRing message={message} percent={percent} />}
      </span>
    )
  }
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className={css.frame}
        style={style}
        aria-label={t.openPicture}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        {picture}
      </button>
      {isOpen && (
        <ErrorBoundary
          isCompact
          around={(failure) => (
            <Dialog opened title={t.viewer} onClose={close}>
              {failure}
            </Dialog>
          )}
        >
          <Suspense>
            <ImageViewer message={message} onClose={close} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  )
}

/** Where the picture is to be had, the best first. A thumbnail does not move, so films in GIF come whole. */
function addressesOf(
  content: unknown,
  urlOf: (src: string, options?: { thumbnail?: boolean }) => string | undefined,
): string[] {
  const src = textField(content, 'src')
  const thumbnail = urlOf(textField(content, 'thumbnail') || src, { thumbnail: true })
  const whole = urlOf(src)
  const addresses = /\.gif$/i.test(textField(content, 'name')) ? [whole] : [thumbnail, whole]
  return addresses.filter((address) => address !== undefined)
}

/** The file itself while it is on its way and until the server's picture is here, so that nothing flickers. */
function Picture({ file, remotes }: { file: Blob | undefined; remotes: readonly string[] }): ReactNode {
  const t = useTexts(contentTexts)
  const [failures, setFailures] = useUntilLive(0)
  const [kept, keep] = useState(file)
  if (file && file !== kept) keep(file)
  const local = useObjectUrl(kept)
  const remote = remotes[failures]
  useEffect(() => {
    if (!kept || !remote) return
    const coming = new Image()
    coming.onload = () => keep(undefined)
    coming.src = remote
    return () => {
      coming.onload = null
    }
  }, [kept, remote])

  const src = local ?? (kept ? undefined : remote)
  if (src) {
    return (
      <img
        className={css.picture}
        src={src}
        alt={t.picture}
        draggable={false}
        onError={() => {
          if (src === remote) setFailures(failures + 1)
        }}
      />
    )
  }
  if (kept) return null
  return (
    <span className={css.broken}>
      <IconPhotoOff size={28} stroke={1.5} aria-hidden />
      {t.noPicture}
    </span>
  )
}
