import type { State, StatusEvent } from 'nudge-sdk'
import { useEffect, useState } from 'react'
import { useClient } from './client-context'

/** Where the client stands with the server; `retryAt` (ms since 1970) only while it is offline. */
export function useStatus(): { state: State; retryAt?: number } {
  const client = useClient()
  const [status, setStatus] = useState<Pick<StatusEvent, 'state' | 'retryAt'>>({ state: client.state })
  useEffect(() => {
    setStatus({ state: client.state })
    return client.on('status', setStatus)
  }, [client])
  return status
}
