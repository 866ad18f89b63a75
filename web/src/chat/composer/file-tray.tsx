import { CloseButton } from '@mantine/core'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { fileIcon } from '../content/file-icon'
import { formatSize } from '../content/sizes'
import { useObjectUrl } from '../content/use-object-url'
import css from './file-tray.module.css'
import { composerTexts } from './texts'
import type { Attachments } from './use-attachments'

/** What was picked and is going to be sent. */
export function FileTray({ attachments, isBusy }: { attachments: Attachments; isBusy: boolean }) {
  const t = useTexts(composerTexts)
  if (attachments.items.length === 0) return null
  return (
    <ul className={css.tray} aria-label={t.files}>
      {attachments.items.map(({ id, file }) => (
        <li key={id} className={css.item}>
          <Preview file={file} />
          <CloseButton
            className={css.remove}
            size={28}
            iconSize={16}
            radius="xl"
            variant="transparent"
            disabled={isBusy}
            aria-label={t.remove(file.name)}
            onClick={() => attachments.remove(id)}
          />
        </li>
      ))}
    </ul>
  )
}

function Preview({ file }: { file: File }) {
  const locale = LOCALES[useLanguage()]
  const isPicture = file.type.startsWith('image/')
  const url = useObjectUrl(isPicture ? file : undefined)
  const Picture = fileIcon(file.name)
  if (isPicture) return url && <img className={css.picture} src={url} alt={file.name} title={file.name} />
  return (
    <span className={css.file}>
      <Picture size={26} stroke={1.5} aria-hidden />
      <span className={css.words}>
        <span className={css.name} title={file.name}>
          {file.name}
        </span>
        <span className={css.size}>{formatSize(file.size, locale)}</span>
      </span>
    </span>
  )
}
