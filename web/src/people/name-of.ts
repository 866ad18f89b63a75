import type { Client, Contact, Member, Session } from 'nudge-sdk'
import { strangersOf } from './strangers'

/**
 * What to call somebody: as the user does, or else as they call themselves in this session, or anywhere. Undefined
 * while nothing is known of them; see `useStrangers`.
 */
export function nameOf(client: Client, userId: string, session?: Session): string | undefined {
  const member = session?.members.byUser(userId)
  return (
    chosenName(client.contacts.byUser(userId), member) || strangersOf(client).get(userId)?.name || undefined
  )
}

/** Of a user's names, the one to show: that of the user's own choice, that of this session, that of the profile. */
export function chosenName(
  contact: Pick<Contact, 'title' | 'name'> | undefined,
  member: Pick<Member, 'name'> | undefined,
): string {
  return contact?.title || member?.name || contact?.name || ''
}
