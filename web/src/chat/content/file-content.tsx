import { VisuallyHidden } from '@mantine/core'
import type { Message } from 'nudge-sdk'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { DownloadIcon } from './download-button'
import { numberField, textField } from './fields'
import { fileIcon } from './file-icon'
import { formatSize } from './sizes'
import { contentTexts } from './texts'
import { BrokenContent } from './unknown-content'
import { percentOf, UploadBar } from './upload-progress'
import { useDownload } from './use-download'
import { useMessageChanges } from './use-message-changes'

/** A file, to be downloaded. */
export function FileContent({ message }: { message: Message }) {
  useMessageChanges(message)
  const t = useTexts(contentTexts)
  const locale = LOCALES[useLanguage()]
  const { isBusy, download } = useDownload()
  const { upload } = message
  const content = upload ?? message.content
  const name = textField(content, 'name') || t.file
  const size = numberField(content, 'size')
  const percent = percentOf(message)
  const Picture = fileIcon(name)
  const words = (
    <>
      <span className={css.type}>
        <Picture size={24} stroke={1.6} aria-hidden />
      </span>
      <span className={css.about}>
        <span className={css.name}>{name}</span>
        {percent === undefined ? (
          <span className={css.detail}>
            {!upload && <DownloadIcon isBusy={isBusy} />}
            {size !== undefined && formatSize(size, locale)}
          </span>
        ) : (
          <UploadBar message={message} percent={percent} />
        )}
      </span>
    </>
  )
  if (upload) return <span className={css.file}>{words}</span>

  const src = textField(message.content, 'src')
  if (src === '') return <BrokenContent />
  return (
    <button type="button" className={css.file} aria-busy={isBusy} onClick={() => download(src, name)}>
      <VisuallyHidden>{t.downloadIt} </VisuallyHidden>
      {words}
    </button>
  )
}
