import { useState } from 'react'
import { useTexts } from '../../i18n/texts'
import css from './content.module.css'
import { excerptOf } from './excerpt'
import { RichText } from './rich-text'
import { contentTexts } from './texts'

/** Words. Of very many of them the beginning, and the rest for who asks. */
export function TextContent({ text }: { text: string }) {
  const t = useTexts(contentTexts)
  const [isWhole, setWhole] = useState(false)
  const excerpt = isWhole ? undefined : excerptOf(text)
  return (
    <div className={css.words}>
      <RichText text={excerpt ?? text} />
      {excerpt !== undefined && (
        <>
          …
          <button type="button" className={css.more} onClick={() => setWhole(true)}>
            {t.showAll}
          </button>
        </>
      )}
    </div>
  )
}
