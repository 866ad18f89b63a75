import { Button, Text } from '@mantine/core'
import { IconAddressBook, IconUserPlus } from '@tabler/icons-react'
import type { Contact } from 'nudge-sdk'
import { lazy, useId, useRef, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { Dialog } from '../lists/dialog'
import css from '../lists/list.module.css'
import { ListRow } from '../lists/list-row'
import { ListSkeleton } from '../lists/list-skeleton'
import { matches } from '../lists/matches'
import { SearchBox } from '../lists/search-box'
import { useRoving } from '../lists/use-roving'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'
import { EmptyState } from '../ui/empty-state'
import { PaneAction } from '../ui/pane-action'
import { PaneHeader } from '../ui/pane-header'
import { PersonAvatar } from '../ui/person-avatar'
import { LetterIndex } from './letter-index'
import index from './letter-index.module.css'
import { inLetters } from './letters'
import { contactTexts } from './texts'

const FindPerson = lazy(() => import('./find-person').then((m) => ({ default: m.FindPerson })))

/** With more contacts than these there are letters to jump to. */
const MANY = 20

/** The user's address book; `selected` is the user whose page is open. */
export function ContactsPane({ selected }: { selected?: string }) {
  const t = useTexts(contactTexts)
  const client = useClient()
  const contacts = useList(client.contacts)
  const { state } = useStatus()
  const [query, setQuery] = useState('')
  const [isAdding, setAdding] = useState(false)
  const list = useRef<HTMLDivElement>(null)
  const fitting = contacts.filter(({ displayName, name, account, pinyin }) =>
    matches(query, [displayName, name, account], pinyin),
  )
  const isLoading = contacts.length === 0 && client.contacts.cursor === undefined && state !== 'live'
  return (
    <>
      <PaneHeader
        title={t.title}
        actions={<PaneAction icon={IconUserPlus} label={t.add} onClick={() => setAdding(true)} />}
      />
      {contacts.length > 0 && <SearchBox label={t.search} value={query} onChange={setQuery} list={list} />}
      {isLoading ? (
        <ListSkeleton />
      ) : contacts.length === 0 ? (
        <EmptyState icon={IconAddressBook} title={t.nothingTitle}>
          {t.nothing}
          <div>
            <Button mt="md" onClick={() => setAdding(true)}>
              {t.add}
            </Button>
          </div>
        </EmptyState>
      ) : fitting.length === 0 ? (
        <Text c="dimmed" size="sm" ta="center" p="lg" role="status">
          {t.noMatch(query.trim())}
        </Text>
      ) : (
        <div className={index.frame} ref={list}>
          <ByLetters contacts={fitting} selected={selected} />
        </div>
      )}
      <Dialog title={t.add} opened={isAdding} onClose={() => setAdding(false)}>
        <FindPerson purpose="contact" onDone={() => setAdding(false)} />
      </Dialog>
    </>
  )
}

function ByLetters({ contacts, selected }: { contacts: readonly Contact[]; selected: string | undefined }) {
  const t = useTexts(contactTexts)
  const id = useId()
  const sections = inLetters(contacts)
  const hasIndex = contacts.length > MANY && sections.length > 3
  const { stop, listProps } = useRoving(
    sections.flatMap(({ entries }) => entries.map(({ userId }) => userId)),
    selected,
  )
  return (
    <>
      <div className={css.scroll} data-index={hasIndex} {...listProps}>
        {sections.map(({ letter, entries }) => (
          <section key={letter} id={`${id}${letter}`} aria-labelledby={`${id}${letter}-name`}>
            <h2 className={css.heading} id={`${id}${letter}-name`} aria-label={t.letter(letter)}>
              {letter}
            </h2>
            <ul className={css.list}>
              {entries.map(({ userId, displayName, name, account, avatarUrl }) => (
                <ListRow
                  key={userId}
                  id={userId}
                  href={paths.contact(userId)}
                  isCurrent={userId === selected}
                  isStop={userId === stop}
                  picture={<PersonAvatar name={displayName} src={avatarUrl} />}
                  title={displayName}
                  line={displayName === name ? account : name}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {hasIndex && (
        <LetterIndex
          letters={sections.map(({ letter }) => letter)}
          onJump={(letter) => document.getElementById(`${id}${letter}`)?.scrollIntoView({ block: 'start' })}
        />
      )}
    </>
  )
}
