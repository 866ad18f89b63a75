import { Menu } from '@mantine/core'
import { IconMailOpened, IconPin, IconPinnedOff, IconTrash, IconUser } from '@tabler/icons-react'
import type { Conversation } from 'nudge-sdk'
import { type SyntheticEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { useLanguage } from '../i18n/language'
import { useTexts } from '../i18n/texts'
import { ConfirmDialog, type Question } from '../lists/confirm-dialog'
import css from '../lists/list.module.css'
import { useRoving } from '../lists/use-roving'
import { useUnread } from '../notify/use-unread'
import { useNames } from '../people/use-names'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { shortTime } from '../ui/times'
import { useToday } from '../ui/use-today'
import { useConversationName } from '../words/conversation-name'
import { lineOf } from '../words/words'
import { ConversationRow, type ConversationRowProps } from './conversation-row'
import { conversationTexts } from './texts'

/** Conversations in the order given, with a menu for each: by the right button, a long press, or its own button. */
export function ConversationList({
  conversations,
  selected,
}: {
  conversations: readonly Conversation[]
  /** The session that is open. */
  selected: string | undefined
}) {
  const t = useTexts(conversationTexts)
  const client = useClient()
  const describe = useDescriptions(conversations)
  const [, navigate] = useLocation()
  const { run } = useTask()
  const [chosenId, setChosenId] = useState<string>()
  const [isMenuOpen, setMenuOpen] = useState(false)
  const [question, setQuestion] = useState<Question>()
  const { stop, listProps } = useRoving(
    conversations.map(({ id }) => id),
    conversations.find(({ sessionId }) => sessionId === selected)?.id,
  )
  const chosen = chosenId === undefined ? undefined : client.conversations.get(chosenId)
  /** Before the menu hears of it. */
  const choose = ({ target }: SyntheticEvent) => {
    const row = (target as Element).closest('li')?.querySelector<HTMLElement>('[data-row]')
    setChosenId(row?.dataset.row)
  }
  const askToRemove = (conversation: Conversation) => {
    setQuestion({
      title: t.removeTitle(describe(conversation).name),
      text: t.removeText,
      yes: t.removeYes,
      isDanger: true,
      async act() {
        await conversation.remove()
        if (conversation.sessionId === selected) navigate(paths.chats)
      },
    })
  }
  return (
    <>
      <Menu
        withInitialFocusPlaceholder={false}
        opened={isMenuOpen}
        onChange={setMenuOpen}
        position="bottom-start"
        shadow="md"
        radius="md"
        width={200}
      >
        <Menu.ContextMenu>
          <ul
            className={css.list}
            aria-label={t.list}
            {...listProps}
            onContextMenuCapture={choose}
            onTouchStartCapture={choose}
          >
            {conversations.map((conversation) => (
              <ConversationRow
                key={conversation.id}
                {...describe(conversation)}
                isCurrent={conversation.sessionId === selected}
                isStop={conversation.id === stop}
                isMenuOpen={isMenuOpen && conversation.id === chosenId}
              />
            ))}
          </ul>
        </Menu.ContextMenu>
        {chosen && (
          <Menu.Dropdown aria-labelledby={undefined} aria-label={t.actions(describe(chosen).name)}>
            <Menu.Item
              leftSection={chosen.isTop ? <IconPinnedOff size={18} /> : <IconPin size={18} />}
              onClick={() => run(() => chosen.pin(!chosen.isTop))}
            >
              {chosen.isTop ? t.unpin : t.pin}
            </Menu.Item>
            {chosen.unread > 0 && (
              <Menu.Item
                leftSection={<IconMailOpened size={18} />}
                onClick={() => run(() => chosen.markRead())}
              >
                {t.markRead}
              </Menu.Item>
            )}
            {chosen.type === 'p2p' && (
              <Menu.Item
                leftSection={<IconUser size={18} />}
                onClick={() => navigate(paths.contact(chosen.targetId))}
              >
                {t.showContact}
              </Menu.Item>
            )}
            <Menu.Divider />
            <Menu.Item
              c="var(--n-bad)"
              leftSection={<IconTrash size={18} />}
              onClick={() => askToRemove(chosen)}
            >
              {t.remove}
            </Menu.Item>
          </Menu.Dropdown>
        )}
      </Menu>
      <ConfirmDialog question={question} onClose={() => setQuestion(undefined)} />
    </>
  )
}

type Described = Omit<ConversationRowProps, 'isCurrent' | 'isStop' | 'isMenuOpen'>

/** What the rows say, in the user's language and with the names the user has given people. */
function useDescriptions(conversations: readonly Conversation[]): (conversation: Conversation) => Described {
  const t = useTexts(conversationTexts)
  const me = useMe()
  const language = useLanguage()
  const conversationName = useConversationName()
  const unreadOf = useUnread()
  const today = useToday()
  const nameOf = useNames(
    conversations.filter(speaksForItself).map(({ lastMessage }) => lastMessage?.senderId ?? ''),
  )

  const senderOf = (conversation: Conversation): string | undefined => {
    const { lastMessage, session } = conversation
    if (!lastMessage || lastMessage.senderId === 'system' || lastMessage.type === 'system') return undefined
    if (conversation.type !== 'single' && lastMessage.senderId === me.id) return t.you
    return conversation.type === 'group' ? nameOf(lastMessage.senderId, session) : undefined
  }

  const newestOf = ({ lastMessage, type }: Conversation): Pick<Described, 'kind' | 'words'> => {
    if (lastMessage) return lineOf(lastMessage, { language, me })
    return { kind: undefined, words: type === 'single' ? t.ownDevicesHint : '' }
  }

  return (conversation) => ({
    id: conversation.id,
    sessionId: conversation.sessionId,
    userId: me.id,
    name: conversationName(conversation),
    avatarUrl: conversation.avatarUrl,
    isOwn: conversation.type === 'single',
    time: shortTime(conversation.activeAt, language, today),
    sender: senderOf(conversation),
    ...newestOf(conversation),
    unread: unreadOf(conversation),
    isPinned: conversation.isTop,
  })
}

/** Who said the last thing must be told in a group. */
function speaksForItself({ type, lastMessage }: Conversation): boolean {
  return type === 'group' && lastMessage !== undefined && lastMessage.type !== 'system'
}
