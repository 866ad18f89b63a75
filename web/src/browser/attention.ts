import { useSyncExternalStore } from 'react'

/** Whether the user is at this page. */
const isUserLooking = () => document.visibilityState === 'visible' && document.hasFocus()

/** The same, current. */
export function useLooking(): boolean {
  return useSyncExternalStore(onAttention, isUserLooking)
}

/** Calls `listener` when the user turns to this page, or away from it. Returns what ends that. */
export function onAttention(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  addEventListener('focus', listener)
  addEventListener('blur', listener)
  return () => {
    document.removeEventListener('visibilitychange', listener)
    removeEventListener('focus', listener)
    removeEventListener('blur', listener)
  }
}
