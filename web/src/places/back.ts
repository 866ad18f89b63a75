import { useEffect, useEffectEvent } from 'react'
import { Steps } from './steps'

/** Those of this page. */
export const steps = new Steps(window, window.parent !== window)

/** While something lies over the page, the browser's Back closes it and leaves the page where it is. */
export function useBackCloses(isOpen: boolean, onClose: () => void): void {
  const close = useEffectEvent(onClose)
  useEffect(() => (isOpen ? steps.cover(() => close()) : undefined), [isOpen])
}
