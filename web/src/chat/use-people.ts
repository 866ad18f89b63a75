import { type Client, NudgeError, type Session } from 'nudge-sdk'
import { useEffect, useMemo, useReducer, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { chatTexts } from './texts'

/** How somebody is shown. */
export interface Person {
  name: string
  avatarUrl: string
}

/**
 * Names the people of a session: as the user calls them, or else as they call themselves here. `senderIds` are those
 * that are asked for; of who is no longer a member the server is asked once.
 */
export function usePeople(session: Session, senderIds: Iterable<string>): (userId: string) => Person {
  const client = useClient()
  const me = useMe()
  const t = useTexts(chatTexts)
  const contacts = useList(client.contacts)
  const members = useList(session.members)
  const isListed = useMembers(session)
  // Both arrays are new after every change.
  const called = useMemo(() => new Map(contacts.map((contact) => [contact.userId, contact])), [contacts])
  const listed = useMemo(() => new Map(members.map((member) => [member.userId, member])), [members])
  const { conversation } = session

  const known = (userId: string): Person | undefined => {
    if (userId === me.id) return { name: me.name, avatarUrl: me.avatarUrl }
    const contact = called.get(userId)
    const member = listed.get(userId)
    if (contact) {
      const name = contact.title || member?.name || contact.name
      return { name, avatarUrl: member?.avatarUrl || contact.avatarUrl }
    }
    if (member) return { name: member.name, avatarUrl: member.avatarUrl }
    if (conversation?.type === 'p2p' && conversation.targetId === userId) {
      return { name: conversation.name, avatarUrl: conversation.avatarUrl }
    }
    return undefined
  }

  const strangers = useStrangers(
    client,
    isListed ? [...new Set(senderIds)].filter((id) => id !== 'system' && !known(id)) : [],
  )
  return (userId) => known(userId) ?? strangers.get(userId) ?? { name: t.formerMember, avatarUrl: '' }
}

/** Loads who is in a group. Gives whether that is known, or cannot be. */
function useMembers(session: Session): boolean {
  const [isListed, setListed] = useState(session.type !== 'group')
  useEffect(() => {
    if (session.type !== 'group') return
    let isHere = true
    // Without a connection, or outside of the group, there are the names from elsewhere.
    void session.members
      .load()
      .catch(() => {})
      .then(() => isHere && setListed(true))
    return () => {
      isHere = false
    }
  }, [session])
  return isListed
}

const fetched = new WeakMap<Client, Map<string, Person | undefined>>()

/** What the server says of people whom this device knows nothing of. */
function useStrangers(client: Client, userIds: readonly string[]): ReadonlyMap<string, Person | undefined> {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  let people = fetched.get(client)
  if (!people) {
    people = new Map()
    fetched.set(client, people)
  }
  const asked = people
  const wanted = userIds.filter((id) => !asked.has(id)).join()
  useEffect(() => {
    for (const userId of wanted.split(',').filter(Boolean)) {
      asked.set(userId, undefined)
      client.users.fetch(userId).then(
        ({ name, avatarUrl }) => {
          asked.set(userId, { name, avatarUrl })
          renderAgain()
        },
        (error) => {
          if (error instanceof NudgeError && error.isPassing) asked.delete(userId)
        },
      )
    }
  }, [client, asked, wanted])
  return people
}
