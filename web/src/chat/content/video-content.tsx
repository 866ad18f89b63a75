import type { Message } from 'nudge-sdk'
import { type RefObject, useEffect, useRef } from 'react'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { useClient } from '../../platform/client-context'
import { foreignHost, ownAddress } from '../../platform/foreign-host'
import css from './content.module.css'
import { DownloadButton } from './download-button'
import { numberField, textField } from './fields'
import { type MediaSource, pauseOthers, useMediaSource } from './media-source'
import { PlayButton } from './play-button'
import { boxOf, formatSize } from './sizes'
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
  const { files } = useClient()
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = upload ? '' : textField(content, 'src')
  const name = upload?.name ?? textField(content, 'name')
  const source = useMediaSource(upload?.file, src, name)
  const film = useFocusWhenFetched(source)
  if (!upload && src === '') return <BrokenContent isBare />

  const percent = percentOf(message)
  const box = boxOf(numberField(content, 'width'), numberField(content, 'height'))
  const still = textField(content, 'thumbnail')
  const host = foreignHost(files, src)
  const isReady = source.state === 'ready'
  return (
    <span
      className={css.frame}
      style={{ width: Math.max(MIN_WIDTH, box.width), aspectRatio: `${box.width} / ${box.height}` }}
    >
      {host !== undefined || source.state === 'unplayable' ? (
        <span className={css.broken}>
          <span className={css.host}>{host === undefined ? t.noVideo : t.videoFrom(host)}</span>
          <DownloadButton src={src} name={name || t.video} />
        </span>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: what people film for each other has none
        <video
          ref={film}
          className={css.film}
          src={source.url}
          // Where nobody has made a still, the film itself is named, and the server has no small picture of it.
          poster={still !== '' && still !== src ? ownAddress(files, still, { thumbnail: true }) : undefined}
          controls={isReady && percent === undefined}
          preload="metadata"
          autoPlay={source.isFetched}
          playsInline
          aria-label={name || t.video}
          onError={source.onError}
          onPlay={(event) => pauseOthers(event.currentTarget)}
        />
      )}
      {(source.state === 'held' || source.state === 'fetching') && (
        <Offer source={source} src={src} name={name || t.video} size={numberField(content, 'size')} />
      )}
      {percent !== undefined && <UploadRing message={message} percent={percent} />}
    </span>
  )
}

/** Over a film that does not play at once. `size`: bytes, where the sender has told. */
function Offer({
  source,
  src,
  name,
  size,
}: {
  source: MediaSource
  src: string
  name: string
  size: number | undefined
}) {
  const locale = LOCALES[useLanguage()]
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <span className={css.offer} role="group" aria-label={name}>
      <PlayButton isFetching={source.state === 'fetching'} onClick={source.fetch} />
      <span>
        {size !== undefined && formatSize(size, locale)}
        <DownloadButton src={src} name={name} />
      </span>
    </span>
  )
}

/** Whoever has asked for a film is at its controls when it is there: what was pressed is gone then. */
function useFocusWhenFetched({ isFetched, state }: MediaSource): RefObject<HTMLVideoElement | null> {
  const film = useRef<HTMLVideoElement>(null)
  const isThere = isFetched && state === 'ready'
  useEffect(() => {
    if (isThere && document.activeElement === document.body) film.current?.focus({ preventScroll: true })
  }, [isThere])
  return film
}
