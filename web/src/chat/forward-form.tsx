import { Anchor, Button, Group, Text, UnstyledButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react'
import { type Conversation, defineMessageType, type Message } from 'nudge-sdk'
import { useEffect, useRef, useState } from 'react'
import { useConversationName } from '../conversations/use-conversation-name'
import { useTexts } from '../i18n/texts'
import { matches } from '../lists/matches'
import { SearchBox } from '../lists/search-box'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { paths } from '../shell/places'
import { PersonAvatar } from '../ui/person-avatar'
import css from './forward-form.module.css'
import { chatTexts } from './texts'

const MAX_CHOSEN = 9

/** Sends what was said on to other conversations. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function ForwardForm({ message, onClose }: { message: Message; onClose(): void }) {
  const t = useTexts(chatTexts)
  const client = useClient()
  const conversations = useList(client.conversations)
  const list = useRef<HTMLDivElement>(null)
  const form = useRef<HTMLDivElement>(null)
  const [term, setTerm] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])

  const nameOf = useConversationName()
  // It comes after the dialog, which has given the focus to something else.
  useEffect(() => form.current?.querySelector('input')?.focus(), [])

  const canTake = ({ session }: Conversation) => session !== undefined && !session.isOver
  const shown = conversations.filter((conversation) => {
    if (!canTake(conversation)) return false
    const contact = conversation.type === 'p2p' ? client.contacts.byUser(conversation.targetId) : undefined
    return matches(term, [nameOf(conversation), conversation.name], contact?.pinyin)
  })
  const targets = conversations.filter((each) => chosen.includes(each.id) && canTake(each))

  const toggle = (id: string) =>
    setChosen((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id]))

  const forward = () => {
    for (const { session } of targets) session?.send(unchanged(message.type), message.rawContent)
    const [only] = targets
    notifications.show({
      message:
        targets.length === 1 && only ? (
          <>
            {t.forwardedTo(nameOf(only))}{' '}
            <Anchor href={`#${paths.chat(only.sessionId)}`} inherit>
              {t.open}
            </Anchor>
          </>
        ) : (
          t.forwardedToMany(targets.length)
        ),
    })
    onClose()
  }

  return (
    <div ref={form}>
      <SearchBox label={t.search} value={term} onChange={setTerm} list={list} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot scroll in all browsers */}
      <div ref={list} className={css.list} role="group" aria-label={t.chooseUpTo(MAX_CHOSEN)}>
        {shown.map((conversation) => {
          const isChosen = chosen.includes(conversation.id)
          const name = nameOf(conversation)
          return (
            <UnstyledButton
              key={conversation.id}
              className={css.conversation}
              data-row={conversation.id}
              role="checkbox"
              aria-checked={isChosen}
              disabled={!isChosen && chosen.length >= MAX_CHOSEN}
              onClick={() => toggle(conversation.id)}
            >
              <PersonAvatar name={name} src={conversation.avatarUrl} size={36} />
              <span className={css.name}>{name}</span>
              {isChosen ? (
                <IconCircleCheckFilled size={22} className={css.chosen} aria-hidden />
              ) : (
                <IconCircle size={22} stroke={1.4} aria-hidden />
              )}
            </UnstyledButton>
          )
        })}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" ta="center" py="xl">
            {t.nobodyFound}
          </Text>
        )}
      </div>
      <Group justify="space-between" mt="md">
        <Text size="sm" c="dimmed" aria-live="polite">
          {t.chosen(targets.length, MAX_CHOSEN)}
        </Text>
        <Group gap="xs">
          <Button variant="default" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button onClick={forward} disabled={targets.length === 0}>
            {t.forward}
          </Button>
        </Group>
      </Group>
    </div>
  )
}

/** Of any type, with its content as it is stored. */
const unchanged = (type: string) =>
  defineMessageType<string>({ type, encode: (content) => content, decode: (content) => content })
