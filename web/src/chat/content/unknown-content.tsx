import type { Message } from 'nudge-sdk'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { contentTexts } from './texts'

/** A kind that this app does not know. */
export function UnknownContent({ message }: { message: Message }) {
  const t = useTexts(contentTexts)
  return (
    <p className={css.unknown}>
      {message.preview}
      <span className={css.why}>{t.unknown}</span>
    </p>
  )
}

/** A content that does not fit its kind; `isBare` where there is no bubble around it. */
export function BrokenContent({ isBare = false }: { isBare?: boolean }) {
  const t = useTexts(contentTexts)
  return <p className={isBare ? `${css.unknown} ${css.frame} ${css.lost}` : css.unknown}>{t.unreadable}</p>
}
