import type { Session } from 'nudge-sdk'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { nameOf } from './name-of'
import { useStrangers } from './use-strangers'

/**
 * What to call the users with these ids. The function gives undefined for a moment where the server must be asked;
 * give it the session to look among its members first.
 */
export function useNames(
  userIds: readonly string[],
): (userId: string, session?: Session) => string | undefined {
  const client = useClient()
  useList(client.contacts)
  useStrangers(userIds.filter((id) => id !== client.me?.id && !client.contacts.byUser(id)))
  return (userId, session) => nameOf(client, userId, session)
}
