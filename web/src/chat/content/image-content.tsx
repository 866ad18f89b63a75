import { IconPhotoOff } from '@tabler/icons-react'
import type { Client, Message } from 'nudge-sdk'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import { Dialog } from '../../lists/dialog'
import { useClient } from '../../platform/client-context'
import { ownAddress } from '../../platform/foreign-host'
import { useUntilLive } from '../../platform/use-until-live'
import { ErrorBoundary } from '../../ui/error-boundary'
import css from './content.module.css'
import { ElsewhereOffer } from './elsewhere-offer'
import { numberField, textField } from './fields'
import { boxOf } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadRing } from './upload-progress'
import { useElsewhere } from './use-elsewhere'
import { useMessageChanges } from './use-message-changes'
import { useObjectUrl } from './use-object-url'

const ImageViewer = lazy(() => import('./image-viewer'))

/** A picture, small; a click shows it large. */
export function ImageContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const { files } = useClient()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = textField(content, 'src')
  const percent = percentOf(message)
  const ours = upload ? [] : ownAddresses(content, files)
  // What another server has is asked about, and loaded from one address.
  const foreign = upload || ours.length > 0 ? '' : src
  const elsewhere = useElsewhere(foreign)
  if (!upload && src === '') return <BrokenContent isBare />

  const { width, height } = boxOf(numberField(content, 'width'), numberField(content, 'height'))
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <>
      <span
        className={elsewhere ? `${css.frame} ${css.elsewhere}` : css.frame}
        style={elsewhere ? { width, height } : { width, aspectRatio: `${width} / ${height}` }}
      >
        {/* There from the start: what is around the picture stays, and so does the picture. */}
        <button
          ref={button}
          type="button"
          className={css.open}
          disabled={upload !== undefined}
          aria-label={elsewhere ? undefined : t.openPicture}
          aria-haspopup={elsewhere ? undefined : 'dialog'}
          onClick={elsewhere ? elsewhere.show : () => setOpen(true)}
        >
          {elsewhere ? (
            <ElsewhereOffer host={elsewhere.host} />
          ) : (
            <Picture file={upload?.file} remotes={foreign === '' ? ours : [foreign.trim()]} />
          )}
        </button>
        {percent !== undefined && <UploadRing message={message} percent={percent} />}
      </span>
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

/** Where our server has the picture, the best first. A thumbnail does not move, so films in GIF come whole. */
function ownAddresses(content: unknown, files: Client['files']): string[] {
  const src = textField(content, 'src')
  const thumbnail = ownAddress(files, textField(content, 'thumbnail') || src, { thumbnail: true })
  const whole = ownAddress(files, src)
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
        referrerPolicy="no-referrer"
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
