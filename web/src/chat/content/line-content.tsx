import type { Icon } from '@tabler/icons-react'
import css from './content.module.css'
import { RichText } from './rich-text'

/** A line about something else: a task, a call. */
export function LineContent({ icon: Picture, text }: { icon: Icon; text: string }) {
  return (
    <p className={css.line}>
      <Picture size={20} stroke={1.7} aria-hidden />
      <RichText text={text} />
    </p>
  )
}
