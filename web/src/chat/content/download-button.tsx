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
