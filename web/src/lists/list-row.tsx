import type { MouseEvent, ReactNode } from 'react'
import { Link } from 'wouter'
import css from './list.module.css'

/** A row of a list that leads somewhere: a picture, a title, a line below it. For lists with `useRoving`. */
export function ListRow({
  id,
  href,
  isCurrent = false,
  isStop,
  picture,
  title,
  titleAside,
  line,
  lineAside,
  after,
  controls,
  isMenuOpen = false,
  onOpen,
}: {
  id: string
  href: string
  /** What it leads to is what is shown. */
  isCurrent?: boolean
  /** The Tab key stops here. */
  isStop: boolean
  picture: ReactNode
  title: string
  titleAside?: ReactNode
  line?: ReactNode
  lineAside?: ReactNode
  /** Beside both lines. */
  after?: ReactNode
  /** Buttons that lie on the row. */
  controls?: ReactNode
  isMenuOpen?: boolean
  onOpen?(event: MouseEvent): void
}) {
  return (
    <li className={css.item} data-menu={isMenuOpen}>
      <Link
        href={href}
        className={css.row}
        data-row={id}
        tabIndex={isStop ? 0 : -1}
        aria-current={isCurrent ? 'page' : undefined}
        draggable={false}
        onClick={onOpen}
      >
        {picture}
        <span className={css.words}>
          <span className={css.first}>
            <span className={css.title} title={title}>
              {title}
            </span>
            {titleAside && <span className={css.aside}>{titleAside}</span>}
          </span>
          {(line || lineAside) && (
            <span className={css.second}>
              <span className={css.line}>{line}</span>
              {lineAside && <span className={css.aside}>{lineAside}</span>}
            </span>
          )}
        </span>
        {after}
      </Link>
      {controls}
    </li>
  )
}
