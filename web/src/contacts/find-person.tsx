import { Button, Group, Loader, Stack, Text, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { User } from 'nudge-sdk'
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useTexts } from '../i18n/texts'
import { matches } from '../lists/matches'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useTask } from '../platform/use-task'
import { PersonAvatar } from '../ui/person-avatar'
import css from './find-person.module.css'
import { contactTexts } from './texts'
import { useOpenChat } from './use-open-chat'

/** How many contacts are offered below what is typed. */
const SHOWN = 50

/**
 * Looks for somebody on the server, to write to (`chat`: the user's contacts are offered meanwhile) or to add to the
 * contacts (`contact`). `initial` is looked for at once.
 */
export function FindPerson({
  purpose,
  initial = '',
  onDone,
}: {
  purpose: 'chat' | 'contact'
  initial?: string
  onDone(): void
}) {
  const t = useTexts(contactTexts)
  const client = useClient()
  const input = useRef<HTMLInputElement>(null)
  const [term, setTerm] = useState(initial)
  const [answer, setAnswer] = useState<{ term: string; users: User[] }>()
  const { isBusy, run } = useTask()
  const contacts = useList(client.contacts)
  const isFound = new Set(answer?.users.map(({ id }) => id))
  const known = contacts.filter(
    ({ userId, displayName, name, account, pinyin }) =>
      !isFound.has(userId) && matches(term, [displayName, name, account], pinyin),
  )

  const look = (wanted: string) =>
    run(async () => setAnswer({ term: wanted, users: await client.users.search(wanted) }))
  useEffect(() => {
    input.current?.focus()
    if (initial === '') return
    void run(async () => setAnswer({ term: initial, users: await client.users.search(initial) }))
  }, [client, initial, run])

  return (
    <Stack gap="md">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (term.trim() !== '') void look(term.trim())
        }}
      >
        <Group align="flex-end" gap="sm" wrap="nowrap">
          <TextInput
            ref={input}
            data-autofocus
            flex={1}
            label={t.whom}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={term}
            onChange={(event) => setTerm(event.currentTarget.value)}
          />
          <Button type="submit" disabled={term.trim() === ''} loading={isBusy}>
            {t.look}
          </Button>
        </Group>
        <Text c="dimmed" size="xs" mt={6}>
          {t.whomHint}
        </Text>
      </form>
      <div role="status">
        {isBusy && !answer && <Loader size="sm" />}
        {answer && answer.users.length === 0 && (
          <Group gap="sm" wrap="nowrap" c="dimmed">
            <IconSearch size={20} aria-hidden />
            <Text size="sm">{t.nobody(answer.term)}</Text>
          </Group>
        )}
      </div>
      {answer && answer.users.length > 0 && (
        <People title={t.found}>
          {answer.users.map((user) => (
            <Found key={user.id} user={user} purpose={purpose} onDone={onDone} />
          ))}
        </People>
      )}
      {purpose === 'chat' && known.length > 0 && (
        <People title={t.yourContacts}>
          {known.slice(0, SHOWN).map(({ userId, displayName, account, avatarUrl }) => (
            <Person key={userId} name={displayName} account={account} avatarUrl={avatarUrl}>
              <MessageButton userId={userId} name={displayName} onDone={onDone} />
            </Person>
          ))}
        </People>
      )}
    </Stack>
  )
}

function People({ title, children }: { title: string; children: ReactNode }) {
  const heading = useId()
  return (
    <section aria-labelledby={heading}>
      <h3 className={css.heading} id={heading}>
        {title}
      </h3>
      <ul className={css.people} aria-labelledby={heading}>
        {children}
      </ul>
    </section>
  )
}

function Person({
  name,
  account,
  avatarUrl,
  children,
}: {
  name: string
  account: string
  avatarUrl: string
  children: ReactNode
}) {
  return (
    <li className={css.person}>
      <PersonAvatar name={name} src={avatarUrl} size={40} />
      <div className={css.words}>
        <div className={css.name}>{name}</div>
        {account !== '' && <div className={css.account}>{account}</div>}
      </div>
      {children}
    </li>
  )
}

function Found({ user, purpose, onDone }: { user: User; purpose: 'chat' | 'contact'; onDone(): void }) {
  const t = useTexts(contactTexts)
  const client = useClient()
  const me = useMe()
  const [, navigate] = useLocation()
  const { isBusy, run } = useTask()
  const { id, account, avatarUrl } = user
  const contact = client.contacts.byUser(id)
  const name = contact?.displayName ?? user.name
  return (
    <Person name={name} account={account} avatarUrl={avatarUrl}>
      {id === me.id ? (
        <Text size="sm" c="dimmed">
          {t.isYou}
        </Text>
      ) : purpose === 'chat' ? (
        <MessageButton userId={id} name={name} onDone={onDone} />
      ) : contact ? (
        <Text size="sm" c="dimmed">
          {t.isContact}
        </Text>
      ) : (
        <Button
          size="sm"
          aria-label={t.addThis(name)}
          loading={isBusy}
          onClick={() =>
            run(async () => {
              await client.contacts.add(id)
              navigate(paths.contact(id))
              onDone()
            })
          }
        >
          {t.addShort}
        </Button>
      )}
    </Person>
  )
}

function MessageButton({ userId, name, onDone }: { userId: string; name: string; onDone(): void }) {
  const t = useTexts(contactTexts)
  const { isBusy, openChat } = useOpenChat()
  return (
    <Button
      size="sm"
      variant="light"
      aria-label={t.messageThis(name)}
      loading={isBusy}
      onClick={async () => {
        if (await openChat(userId)) onDone()
      }}
    >
      {t.message}
    </Button>
  )
}
