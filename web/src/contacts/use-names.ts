import type { Client, Session } from 'nudge-sdk'
import { useEffect, useReducer } from 'react'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'

/** Names of people who are no contacts, as the server gave them: asked once a page. */
const fetched = new WeakMap<Client, Map<string, string>>()

/**
 * What to call the users with these ids: as the user calls a contact, or else as they call themselves. The function
 * gives undefined for a moment where the server must be asked; give it the session to look among its members first.
 */
export function useNames(
  userIds: readonly string[],
): (userId: string, session?: Session) => string | undefined {
  const client = useClient()
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  useList(client.contacts)
  const { state } = useStatus()
  const key = [...new Set(userIds)].sort().join()

  useEffect(() => {
    if (state !== 'live' || key === '') return
    const names = namesOf(client)
    for (const id of key.split(',')) {
      if (id === '' || names.has(id) || client.contacts.byUser(id)) continue
      // Taken before the answer is there, so that nobody asks twice.
      names.set(id, '')
      client.users.fetch(id).then(
        ({ name }) => {
          names.set(id, name)
          renderAgain()
        },
        () => names.delete(id),
      )
    }
  }, [client, key, state])

  return (userId, session) =>
    client.contacts.byUser(userId)?.displayName ||
    session?.members.byUser(userId)?.name ||
    namesOf(client).get(userId) ||
    undefined
}

function namesOf(client: Client): Map<string, string> {
  const names = fetched.get(client) ?? new Map<string, string>()
  fetched.set(client, names)
  return names
}
