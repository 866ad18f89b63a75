import type { Conversation } from 'nudge-sdk'
import { useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { conversationTexts } from './texts'

/** A conversation; or a session, where there is no conversation yet. */
type Named = Pick<Conversation, 'type' | 'name'> & { targetId?: string }

/** What a conversation is called: as the user calls the contact, and the user's own devices in the user's language. */
export function useConversationName(): (conversation: Named) => string {
  const t = useTexts(conversationTexts)
  const { contacts } = useClient()
  useList(contacts)
  return ({ type, targetId = '', name }) => {
    if (type === 'single') return t.ownDevices
    return (type === 'p2p' && contacts.byUser(targetId)?.title) || name
  }
}
