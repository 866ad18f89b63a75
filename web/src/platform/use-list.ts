import type { LiveList } from 'nudge-sdk'
import { useSyncExternalStore } from 'react'

/** The items of a list, now and after every change. They are the same objects all the time: do not memo by them. */
export function useList<T>(list: LiveList<T>): readonly T[] {
  return useSyncExternalStore(list.subscribe, () => list.items)
}
