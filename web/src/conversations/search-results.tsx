import { Button, Text } from '@mantine/core'
import { IconUserSearch } from '@tabler/icons-react'
import type { Contact, Session } from 'nudge-sdk'
import { useId } from 'react'
import { useOpenChat } from '../contacts/use-open-chat'
import { useTexts } from '../i18n/texts'
import css from '../lists/list.module.css'
import { ListRow } from '../lists/list-row'
import { matches } from '../lists/matches'
import { useRoving } from '../lists/use-roving'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { PersonAvatar } from '../ui/person-avatar'
import { useConversationName } from '../words/conversation-name'
import { ConversationList } from './conversation-list'
import { conversationTexts } from './texts'

/** What fits what was typed: conversations, and contacts and groups that have none yet. */
export function SearchResults({
  query,
  selected,
  onFind,
  onOpen,
}: {
  query: string
  selected: string | undefined
  /** Looks for an account on the server. */
  onFind(account: string): void
  /** Something that was not in the list was opened. */
  onOpen(): void
}) {
  const t = useTexts(conversationTexts)
  const client = useClient()
  const conversationName = useConversationName()
  const all = useList(client.conversations)
  const contacts = useList(client.contacts)
  const sessions = useList(client.sessions)

  const conversations = all.filter((conversation) => {
    const contact = conversation.type === 'p2p' ? client.contacts.byUser(conversation.targetId) : undefined
    const texts = [conversationName(conversation), conversation.name, conversation.lastMessage?.preview ?? '']
    return matches(query, contact ? [...texts, contact.account] : texts, contact?.pinyin)
  })
  const isListed = new Set(all.map(({ type, targetId }) => `${type} ${targetId}`))
  const people = contacts.filter(
    ({ userId, displayName, name, account, pinyin }) =>
      !isListed.has(`p2p ${userId}`) && matches(query, [displayName, name, account], pinyin),
  )
  const groups = sessions.filter(
    ({ id, type, name }) => type === 'group' && !isListed.has(`group ${id}`) && matches(query, [name]),
  )
  const isNothing = conversations.length + people.length + groups.length === 0
  return (
    <>
      {isNothing && (
        <Text c="dimmed" size="sm" ta="center" p="lg" role="status">
          {t.noMatch(query.trim())}
        </Text>
      )}
      {conversations.length > 0 && <ConversationList conversations={conversations} selected={selected} />}
      {people.length > 0 && <People contacts={people} onOpen={onOpen} />}
      {groups.length > 0 && <Groups sessions={groups} onOpen={onOpen} />}
      <Button
        variant="subtle"
        justify="flex-start"
        mx="xs"
        mt="xs"
        h={44}
        leftSection={<IconUserSearch size={18} aria-hidden />}
        onClick={() => onFind(query.trim())}
      >
        {t.findAccount(query.trim())}
      </Button>
    </>
  )
}

function People({ contacts, onOpen }: { contacts: readonly Contact[]; onOpen(): void }) {
  const t = useTexts(conversationTexts)
  const { openChat } = useOpenChat()
  const heading = useId()
  const { stop, listProps } = useRoving(contacts.map(({ id }) => id))
  return (
    <section aria-labelledby={heading}>
      <h2 className={css.heading} id={heading}>
        {t.contacts}
      </h2>
      <ul className={css.list} aria-labelledby={heading} {...listProps}>
        {contacts.map(({ id, userId, displayName, account, avatarUrl }) => (
          <ListRow
            key={id}
            id={id}
            href={paths.contact(userId)}
            isStop={id === stop}
            picture={<PersonAvatar name={displayName} src={avatarUrl} size={48} />}
            title={displayName}
            line={account}
            onOpen={(event) => {
              event.preventDefault()
              void openChat(userId).then((isOpen) => isOpen && onOpen())
            }}
          />
        ))}
      </ul>
    </section>
  )
}

function Groups({ sessions, onOpen }: { sessions: readonly Session[]; onOpen(): void }) {
  const t = useTexts(conversationTexts)
  const heading = useId()
  const { stop, listProps } = useRoving(sessions.map(({ id }) => id))
  return (
    <section aria-labelledby={heading}>
      <h2 className={css.heading} id={heading}>
        {t.groups}
      </h2>
      <ul className={css.list} aria-labelledby={heading} {...listProps}>
        {sessions.map(({ id, name, description, avatarUrl }) => (
          <ListRow
            key={id}
            id={id}
            href={paths.chat(id)}
            isStop={id === stop}
            picture={<PersonAvatar name={name} src={avatarUrl} size={48} />}
            title={name}
            line={description}
            onOpen={onOpen}
          />
        ))}
      </ul>
    </section>
  )
}
