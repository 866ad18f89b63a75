import type { Message } from 'nudge-sdk'
import { type CSSProperties, useRef, useState } from 'react'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { useClient } from '../../platform/client-context'
import { foreignHost } from '../../platform/foreign-host'
import css from './content.module.css'
import { DownloadButton, DownloadIconButton } from './download-button'
import { numberField, textField } from './fields'
import { type MediaSource, pauseOthers, useMediaSource } from './media-source'
import { PlayButton } from './play-button'
import { formatDuration, formatSize } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadBar } from './upload-progress'
import { useMessageChanges } from './use-message-changes'

/** A recording, with a player of its own. */
export function AudioContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const { files } = useClient()
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = upload ? '' : textField(content, 'src')
  const name = upload?.name ?? textField(content, 'name')
  const source = useMediaSource(upload?.file, src, name)
  if (!upload && src === '') return <BrokenContent />
  const host = foreignHost(files, src)
  if (host !== undefined || source.state === 'unplayable') {
    return (
      <p className={css.unknown}>
        {host === undefined ? t.noRecording : t.recordingFrom(host)}{' '}
        <DownloadButton src={src} name={name || t.recording} />
      </p>
    )
  }
  const percent = percentOf(message)
  return (
    <div>
      <Player
        source={source}
        name={name}
        src={src}
        seconds={numberField(content, 'second') ?? 0}
        size={numberField(content, 'size')}
      />
      {percent !== undefined && <UploadBar message={message} percent={percent} />}
    </div>
  )
}

/** What was recorded while one spoke has no name. `src` is blank while it is on its way; `size` in bytes, if known. */
function Player({
  source,
  name,
  src,
  seconds,
  size,
}: {
  source: MediaSource
  name: string
  src: string
  seconds: number
  size: number | undefined
}) {
  const t = useTexts(contentTexts)
  const locale = LOCALES[useLanguage()]
  const audio = useRef<HTMLAudioElement>(null)
  const [isPlaying, setPlaying] = useState(false)
  const [at, setAt] = useState(0)
  const [known, setKnown] = useState<number>()
  const length = known ?? seconds

  const isReady = source.state === 'ready'

  const toggle = () => {
    const player = audio.current
    if (!player) return
    // It plays when it is there.
    if (!isReady) return source.fetch()
    // What cannot be played says so by its `error` event.
    if (player.paused) player.play().catch(() => {})
    else player.pause()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className={css.player} role="group" aria-label={name || t.recording}>
      {/* biome-ignore lint/a11y/useMediaCaption: what people record for each other has none */}
      <audio
        ref={audio}
        src={source.url}
        preload="metadata"
        autoPlay={source.isFetched}
        onError={() => {
          setPlaying(false)
          source.onError()
        }}
        onPlay={(event) => {
          pauseOthers(event.currentTarget)
          setPlaying(true)
        }}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={({ currentTarget: { duration } }) => {
          if (Number.isFinite(duration)) setKnown(duration)
        }}
        onEnded={(event) => {
          event.currentTarget.currentTime = 0
        }}
      />
      <PlayButton isPlaying={isPlaying} isFetching={source.state === 'fetching'} onClick={toggle} />
      <div className={css.about}>
        {name !== '' && (
          <div className={css.title}>
            <span className={css.name} title={name}>
              {name}
            </span>
            {src !== '' && <DownloadIconButton src={src} name={name} />}
          </div>
        )}
        <input
          type="range"
          className={css.seek}
          style={{ '--played': `${length > 0 ? Math.min(100, (at / length) * 100) : 0}%` } as CSSProperties}
          min={0}
          max={length || 1}
          step={0.1}
          value={Math.min(at, length)}
          disabled={!isReady}
          aria-label={t.seek}
          aria-valuetext={t.position(formatDuration(at), formatDuration(length))}
          onChange={({ currentTarget: { value } }) => {
            if (audio.current) audio.current.currentTime = Number(value)
            setAt(Number(value))
          }}
        />
        <span className={css.detail}>
          {formatDuration(isPlaying || at > 0 ? at : length)}
          {!isReady && size !== undefined && <span>{formatSize(size, locale)}</span>}
          {!isReady && name === '' && <DownloadIconButton src={src} name={t.recording} />}
        </span>
      </div>
    </div>
  )
}
