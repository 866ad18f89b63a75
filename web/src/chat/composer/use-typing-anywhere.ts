import { type RefObject, useEffect } from 'react'
import { takesKeys } from '../../browser/keys'

/** Who types with the focus on a message, or nowhere, writes: the letter is the first in the field. */
export function useTypingAnywhere(field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { target } = event
      if (!isLetter(event) || event.defaultPrevented || takesKeys(target)) return
      const isThere = target === document.body || (target as Element).closest('[role="log"]') !== null
      // The browser puts it where the focus is then.
      if (isThere) field.current?.focus()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [field])
}

/** Not the space: it scrolls, and presses buttons. */
function isLetter({ key, ctrlKey, altKey, metaKey, isComposing }: KeyboardEvent): boolean {
  return key.length === 1 && key !== ' ' && !ctrlKey && !altKey && !metaKey && !isComposing
}
