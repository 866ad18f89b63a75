import type { Client, Conversation } from 'nudge-sdk'
import { useLanguage } from '../i18n/language'
import type { Language } from '../i18n/locales'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { wordTexts } from './texts'

/** A conversation; or a session, where there is no conversation yet. */
type Named = Pick<Conversation, 'type' | 'name'> & { targetId?: string }

/** What a conversation is called: as the user calls the contact, and the user's own devices in the user's language. */
export function conversationName(
  { contacts }: Client,
  { type, targetId = '', name }: Named,
  language: Language,
): string {
  if (type === 'single') return wordTexts[language].ownDevices
  return (type === 'p2p' && contacts.byUser(targetId)?.title) || name
}

/** The same, as it is now. */
export function useConversationName(): (conversation: Named) => string {
  const client = useClient()
  const language = useLanguage()
  useList(client.contacts)
  return (conversation) => conversationName(client, conversation, language)
}
