import type { Session } from 'nudge-sdk'
import { useEffect, useMemo, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { chosenName } from '../people/name-of'
import { useStrangers } from '../people/use-strangers'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { chatTexts } from './texts'

/** How somebody is shown. */
export interface Person {
  name: string
  avatarUrl: string
  /** The server knows of nobody. */
  isGone?: boolean
}

/**
 * Names the people of a session: as the user calls them, or else as they call themselves here. `senderIds` are those
 * that are asked for; of who is no longer a member the server is asked, and until it has answered the name is blank.
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
      return { name: chosenName(contact, member), avatarUrl: member?.avatarUrl || contact.avatarUrl }
    }
    if (member) return { name: member.name, avatarUrl: member.avatarUrl }
    if (conversation?.type === 'p2p' && conversation.targetId === userId) {
      return { name: conversation.name, avatarUrl: conversation.avatarUrl }
    }
    return undefined
  }

  const strangers = useStrangers(
    isListed ? [...new Set(senderIds)].filter((id) => id !== 'system' && !known(id)) : [],
  )
  const unknown = (userId: string): Person => {
    const stranger = strangers.get(userId)
    if (stranger?.isGone) return { name: t.deletedAccount, avatarUrl: '', isGone: true }
    return stranger ?? { name: '', avatarUrl: '' }
  }
  return (userId) => known(userId) ?? unknown(userId)
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
