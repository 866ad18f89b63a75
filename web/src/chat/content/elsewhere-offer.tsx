import { IconPhoto } from '@tabler/icons-react'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { contentTexts } from './texts'

/** In place of a picture that another server has, inside a button: whose it is, and that a press shows it. */
export function ElsewhereOffer({ host }: { host: string }) {
  const t = useTexts(contentTexts)
  return (
    <span className={css.broken}>
      <IconPhoto size={28} stroke={1.5} aria-hidden />
      <span className={css.host}>{t.pictureFrom(host)} </span>
      <span className={css.show}>{t.show}</span>
    </span>
  )
}
