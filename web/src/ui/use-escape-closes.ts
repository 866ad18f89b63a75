import { useEffect, useEffectEvent } from 'react'

const KEEPS_ESCAPE = '[data-keeps-escape], [data-mantine-stop-propagation="true"]'

/**
 * For a panel over the page from which dialogs are opened: Escape closes what is on top and no more. (Mantine's panels
 * and dialogs would all close.) What wants the key for itself says `data-keeps-escape`, or what Mantine's menus say.
 */
export function useEscapeCloses(isOpen: boolean, onClose: () => void): void {
  const close = useEffectEvent(onClose)
  useEffect(() => {
    if (!isOpen) return
    const onKeyDown = ({ key, target, isComposing }: KeyboardEvent) => {
      if (key !== 'Escape' || isComposing) return
      if (target instanceof Element && target.closest(KEEPS_ESCAPE)) return
      // Called before the dialog's own way, which is as old as the dialog: it is still there.
      if (document.querySelectorAll('[aria-modal="true"]').length === 1) close()
    }
    addEventListener('keydown', onKeyDown, { capture: true })
    return () => removeEventListener('keydown', onKeyDown, { capture: true })
  }, [isOpen])
}
