import { useSyncExternalStore } from 'react'
import { useClient } from './client-context'
import { type Status, statusOf } from './status-of'

/** Where the client stands with the server; `retryAt` (ms since 1970) only while it is offline. */
export function useStatus(): Status {
  const { subscribe, get } = statusOf(useClient())
  return useSyncExternalStore(subscribe, get)
}
