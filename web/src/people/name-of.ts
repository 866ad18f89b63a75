import type { Client, Session } from 'nudge-sdk'
import { strangersOf } from './strangers'

/**
 * What to call somebody: as the user does, or else as they call themselves in this session, or anywhere. Undefined
 * while nothing is known of them; see `useStrangers`.
 */
export function nameOf(client: Client, userId: string, session?: Session): string | undefined {
  const contact = client.contacts.byUser(userId)
  const { name } = session?.members.byUser(userId) ?? {}
  return contact?.title || name || contact?.name || strangersOf(client).get(userId)?.name || undefined
}
