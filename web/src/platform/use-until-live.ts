import { useCallback, useState, useSyncExternalStore } from 'react'
import { useClient } from './client-context'
import { statusOf } from './status-of'

/**
 * A state that is what it was initially whenever the client has become live again: for what failed, and may not when
 * it is tried with a connection.
 */
export function useUntilLive<T>(initial: T): [T, (value: T) => void] {
  const { subscribe, countOfLives } = statusOf(useClient())
  const lives = useSyncExternalStore(subscribe, countOfLives)
  const [kept, keep] = useState({ value: initial, lives })
  const set = useCallback((value: T) => keep({ value, lives }), [lives])
  return [kept.lives === lives ? kept.value : initial, set]
}
