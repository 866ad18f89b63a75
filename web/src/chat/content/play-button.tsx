import { Loader } from '@mantine/core'
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { contentTexts } from './texts'

/** Begins a film or a recording, or stops it; what is not here yet may have to be fetched first. */
export function PlayButton({
  isPlaying = false,
  isFetching,
  onClick,
}: {
  isPlaying?: boolean
  isFetching: boolean
  onClick(): void
}) {
  const t = useTexts(contentTexts)
  const Picture = isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled
  return (
    <button
      type="button"
      className={css.play}
      aria-label={isPlaying ? t.pause : t.play}
      aria-busy={isFetching}
      onClick={onClick}
    >
      {isFetching ? <Loader size={20} color="currentColor" /> : <Picture size={20} aria-hidden />}
    </button>
  )
}
