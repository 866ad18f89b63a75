import type { Message } from 'nudge-sdk'
import { useEffect, useReducer } from 'react'
import { useClient } from '../../platform/client-context'

/** Renders anew whenever this message says something else, or its upload has moved on. */
export function useMessageChanges(message: Message): void {
  const client = useClient()
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  useEffect(
    () =>
      client.on('messageChanged', (changed) => {
        if (changed === message) renderAgain()
      }),
    [client, message],
  )
}
