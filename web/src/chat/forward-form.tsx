import { Anchor, Button, Group, Text, UnstyledButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react'
import { defineMessageType, type Message, type Session } from 'nudge-sdk'
import { useEffect, useRef, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { matches } from '../lists/matches'
import { SearchBox } from '../lists/search-box'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useTask } from '../platform/use-task'
import { PersonAvatar } from '../ui/person-avatar'
import { useConversationName } from '../words/conversation-name'
import { wordTexts } from '../words/texts'
import css from './forward-form.module.css'
import { chatTexts } from './texts'

const MAX_CHOSEN = 9

/** Where something can be sent on to. */
interface Target {
  key: string
  name: string
  avatarUrl: string
  /** What it is found by besides the name. */
  otherNames: readonly string[]
  spellings: readonly string[]
  session(): Promise<Session>
}

/** Sends what was said on to other conversations. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function ForwardForm({ message, onClose }: { message: Message; onClose(): void }) {
  const t = useTexts(chatTexts)
  const targets = useTargets()
  const { isBusy, run } = useTask()
  const list = useRef<HTMLDivElement>(null)
  const form = useRef<HTMLDivElement>(null)
  const [term, setTerm] = useState('')
  const [keys, setKeys] = useState<readonly string[]>([])
  // It comes after the dialog, which has given the focus to something else.
  useEffect(() => form.current?.querySelector('input')?.focus(), [])

  const shown = targets.filter(({ name, otherNames, spellings }) =>
    matches(term, [name, ...otherNames], spellings),
  )
  const chosen = targets.filter(({ key }) => keys.includes(key))
  const toggle = (key: string) =>
    setKeys((before) => (before.includes(key) ? before.filter((each) => each !== key) : [...before, key]))

  const forward = async () => {
    const sessions: Session[] = []
    const isDone = await run(async () => {
      for (const { session } of chosen) sessions.push(await session())
      for (const session of sessions) session.send(unchanged(message.type), message.rawContent)
    })
    if (!isDone) return
    const [target] = chosen
    const [session] = sessions
    notifications.show({
      message:
        chosen.length === 1 && target && session ? (
          <>
            {t.forwardedTo(target.name)}{' '}
            <Anchor href={`#${paths.chat(session.id)}`} inherit>
              {t.open}
            </Anchor>
          </>
        ) : (
          t.forwardedToMany(chosen.length)
        ),
    })
    onClose()
  }

  return (
    <div ref={form}>
      <SearchBox label={t.search} value={term} onChange={setTerm} list={list} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot scroll in all browsers */}
      <div ref={list} className={css.list} role="group" aria-label={t.chooseUpTo(MAX_CHOSEN)}>
        {shown.map(({ key, name, avatarUrl }) => {
          const isChosen = keys.includes(key)
          return (
            <UnstyledButton
              key={key}
              className={css.conversation}
              data-row={key}
              role="checkbox"
              aria-checked={isChosen}
              disabled={!isChosen && keys.length >= MAX_CHOSEN}
              onClick={() => toggle(key)}
            >
              <PersonAvatar name={name} src={avatarUrl} size={36} />
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
          {t.chosen(chosen.length, MAX_CHOSEN)}
        </Text>
        <Group gap="xs">
          <Button variant="default" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button onClick={forward} loading={isBusy} disabled={chosen.length === 0}>
            {t.forward}
          </Button>
        </Group>
      </Group>
    </div>
  )
}

/** The conversations that can be written to, and the user's own devices, which need not be among them. */
function useTargets(): Target[] {
  const client = useClient()
  const me = useMe()
  const nameOf = useConversationName()
  const conversations = useList(client.conversations)
  const { ownDevices } = useTexts(wordTexts)
  const targets = conversations.flatMap((conversation): Target[] => {
    const { id: key, type, name, avatarUrl, targetId, session } = conversation
    if (!session || session.isOver) return []
    const contact = type === 'p2p' ? client.contacts.byUser(targetId) : undefined
    return [
      {
        key,
        name: nameOf(conversation),
        avatarUrl,
        otherNames: [name],
        spellings: contact?.pinyin ?? [],
        session: async () => session,
      },
    ]
  })
  if (conversations.some(({ type }) => type === 'single')) return targets
  const own: Target = {
    key: 'own',
    name: ownDevices,
    avatarUrl: me.avatarUrl,
    otherNames: [],
    spellings: [],
    session: () => client.sessions.own(),
  }
  return [...targets, own]
}

/** Of any type, with its content as it is stored. */
const unchanged = (type: string) =>
  defineMessageType<string>({ type, encode: (content) => content, decode: (content) => content })
