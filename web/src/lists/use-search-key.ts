import { type RefObject, useEffect } from 'react'
import { takesKeys } from '../browser/keys'

/** There, Ctrl+K deletes the rest of a line. */
const isMac = /^(Mac|iP)/.test(navigator.platform)

/** Ctrl+K, on a Mac ⌘+K, leads to the search of the list in `side`, where it is seen. */
export function useSearchKey(side: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const search = side.current?.querySelector<HTMLInputElement>('input[type="search"]')
      if (!isSearchKey(event) || !search || search.getClientRects().length === 0) return
      // From the search itself and from what one writes in a chat it leads there, too; from no other field.
      if (takesKeys(event.target, (field) => field === search || field.matches('[data-composer]'))) return
      event.preventDefault()
      search.focus()
      search.select()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [side])
}

function isSearchKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const [wanted, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey]
  return key.toLowerCase() === 'k' && wanted && !other && !altKey && !shiftKey
}
