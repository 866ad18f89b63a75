import { useSyncExternalStore } from 'react'
import { onAttention } from '../browser/attention'
import { midnight } from './times'

/** The midnight (ms) that today began with: pages stay open for days. */
export function useToday(): number {
  return useSyncExternalStore(onNewDay, () => midnight(Date.now()))
}

/** Calls `listener` at midnight, and when the user turns to the page: timers stand still while a computer sleeps. */
function onNewDay(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(look, midnight(Date.now(), 1) - Date.now())
  }
  const look = () => {
    listener()
    wait()
  }
  wait()
  const off = onAttention(look)
  return () => {
    clearTimeout(timer)
    off()
  }
}
