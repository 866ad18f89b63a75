import type { Message } from 'nudge-sdk'
import { useTexts } from '../../i18n/texts'
import { useClient } from '../../platform/client-context'
import css from './content.module.css'
import { DownloadButton } from './download-button'
import { numberField, textField } from './fields'
import { pauseOthers, useMediaSource } from './media-source'
import { boxOf } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadRing } from './upload-progress'
import { useMessageChanges } from './use-message-changes'

/** The controls need some room. */
const MIN_WIDTH = 240

/** A film, played in its place. */
export function VideoContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const client = useClient()
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = upload ? '' : textField(content, 'src')
  const name = upload?.name ?? textField(content, 'name')
  const source = useMediaSource(upload?.file, src, name)
  if (!upload && src === '') return <BrokenContent isBare />

  const percent = percentOf(message)
  const box = boxOf(numberField(content, 'width'), numberField(content, 'height'))
  const still = textField(content, 'thumbnail')
  return (
    <span
      className={css.frame}
      style={{ width: Math.max(MIN_WIDTH, box.width), aspectRatio: `${box.width} / ${box.height}` }}
    >
      {source.isBroken ? (
        <span className={css.broken}>
          {t.noVideo}
          <DownloadButton src={src} name={name || t.video} />
        </span>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: what people film for each other has none
        <video
          className={css.film}
          src={source.url}
          // Where nobody has made a still, the film itself is named, and the server has no small picture of it.
          poster={still !== '' && still !== src ? client.files.urlOf(still, { thumbnail: true }) : undefined}
          controls={percent === undefined}
          preload="metadata"
          playsInline
          aria-label={name || t.video}
          onError={source.onError}
          onPlay={(event) => pauseOthers(event.currentTarget)}
        />
      )}
      {percent !== undefined && <UploadRing message={message} percent={percent} />}
    </span>
  )
}
