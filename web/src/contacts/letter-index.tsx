import type { PointerEvent } from 'react'
import { useTexts } from '../i18n/texts'
import css from './letter-index.module.css'
import { contactTexts } from './texts'

/** The letters at the edge of the address book: a press, or a finger that is drawn along, jumps there. */
export function LetterIndex({
  letters,
  onJump,
}: {
  letters: readonly string[]
  onJump(letter: string): void
}) {
  const t = useTexts(contactTexts)
  const jumpTo = ({ clientX, clientY }: PointerEvent) => {
    const under = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>('[data-letter]')
    if (under?.dataset.letter) onJump(under.dataset.letter)
  }
  return (
    <nav
      className={css.letters}
      aria-label={t.letters}
      onPointerMove={(event) => event.buttons > 0 && jumpTo(event)}
    >
      {letters.map((letter) => (
        <button
          key={letter}
          type="button"
          className={css.letter}
          data-letter={letter}
          aria-label={t.jump(letter)}
          onPointerDown={({ currentTarget, pointerId }) => currentTarget.releasePointerCapture(pointerId)}
          onClick={() => onJump(letter)}
        >
          {letter}
        </button>
      ))}
    </nav>
  )
}
