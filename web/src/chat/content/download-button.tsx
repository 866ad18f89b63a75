import { Loader } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { contentTexts } from './texts'
import { useDownload } from './use-download'

/** For what cannot be played here. */
export function DownloadButton({ src, name }: { src: string; name: string }) {
  const t = useTexts(contentTexts)
  const { isBusy, download } = useDownload()
  // It is still on its way to the server.
  if (src === '') return null
  return (
    <button type="button" className={css.more} aria-busy={isBusy} onClick={() => download(src, name)}>
      {t.downloadIt}
      {isBusy && '…'}
    </button>
  )
}

/** The same beside the name of it. */
export function DownloadIconButton({ src, name }: { src: string; name: string }) {
  const t = useTexts(contentTexts)
  const { isBusy, download } = useDownload()
  return (
    <button
      type="button"
      className={css.get}
      aria-label={`${t.downloadIt} ${name}`}
      title={t.downloadIt}
      aria-busy={isBusy}
      onClick={() => download(src, name)}
    >
      <DownloadIcon isBusy={isBusy} />
    </button>
  )
}

/** On what downloads a file. */
export function DownloadIcon({ isBusy }: { isBusy: boolean }) {
  return isBusy ? (
    <Loader size={16} color="currentColor" />
  ) : (
    <IconDownload size={16} stroke={1.8} aria-hidden />
  )
}
