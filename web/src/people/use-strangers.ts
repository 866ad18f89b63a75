import { useEffect, useReducer } from 'react'
import { useClient } from '../platform/client-context'
import { useStatus } from '../platform/use-status'
import { type Strangers, strangersOf } from './strangers'

/** What the server says of these users, as soon as it does. With every new connection it is asked for who is missing. */
export function useStrangers(userIds: readonly string[]): Strangers {
  const client = useClient()
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  const { state } = useStatus()
  const strangers = strangersOf(client)
  const wanted = [...new Set(userIds)].sort().join()
  useEffect(() => {
    if (state !== 'live') return
    const unknown = wanted.split(',').filter((id) => id !== '' && !strangers.get(id))
    for (const id of unknown) void strangers.fetch(id).then(renderAgain)
  }, [strangers, wanted, state])
  return strangers
}
