import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { type CSSProperties, useRef, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { DownloadButton } from './download-button'
import { numberField, textField } from './fields'
import { type MediaSource, pauseOthers, useMediaSource } from './media-source'
import { formatDuration } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadBar } from './upload-progress'
import { useMessageChanges } from './use-message-changes'

/** A recording, with a player of its own. */
export function AudioContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const { upload } = message
  const content = upload ? upload.about : message.content
  const src = upload ? '' : textField(content, 'src')
  const name = upload?.name ?? textField(content, 'name')
  const source = useMediaSource(upload?.file, src, name)
  if (!upload && src === '') return <BrokenContent />
  if (source.isBroken) {
    return (
      <p className={css.unknown}>
        {t.noRecording} <DownloadButton src={src} name={name || t.recording} />
      </p>
    )
  }
  const percent = percentOf(message)
  return (
    <div>
      <Player source={source} name={name || t.recording} seconds={numberField(content, 'second') ?? 0} />
      {percent !== undefined && <UploadBar message={message} percent={percent} />}
    </div>
  )
}

function Player({ source, name, seconds }: { source: MediaSource; name: string; seconds: number }) {
  const t = useTexts(contentTexts)
  const audio = useRef<HTMLAudioElement>(null)
  const [isPlaying, setPlaying] = useState(false)
  const [at, setAt] = useState(0)
  const [known, setKnown] = useState<number>()
  const length = known ?? seconds
  const Picture = isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled

  const toggle = () => {
    const player = audio.current
    if (!player) return
    // What cannot be played says so by its `error` event.
    if (player.paused) player.play().catch(() => {})
    else player.pause()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className={css.player} role="group" aria-label={name}>
      {/* biome-ignore lint/a11y/useMediaCaption: what people record for each other has none */}
      <audio
        ref={audio}
        src={source.url}
        preload="metadata"
        onError={source.onError}
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
      <button type="button" className={css.play} aria-label={isPlaying ? t.pause : t.play} onClick={toggle}>
        <Picture size={20} aria-hidden />
      </button>
      <div className={css.about}>
        <input
          type="range"
          className={css.seek}
          style={{ '--played': `${length > 0 ? Math.min(100, (at / length) * 100) : 0}%` } as CSSProperties}
          min={0}
          max={length || 1}
          step={0.1}
          value={Math.min(at, length)}
          aria-label={t.seek}
          aria-valuetext={t.position(formatDuration(at), formatDuration(length))}
          onChange={({ currentTarget: { value } }) => {
            if (audio.current) audio.current.currentTime = Number(value)
            setAt(Number(value))
          }}
        />
        <span className={css.time}>{formatDuration(isPlaying || at > 0 ? at : length)}</span>
      </div>
    </div>
  )
}
