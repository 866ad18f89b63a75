import { Checkbox, Pill, Text } from '@mantine/core'
import type { Contact } from 'nudge-sdk'
import { useRef, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { matches } from '../lists/matches'
import { SearchBox } from '../lists/search-box'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { PersonAvatar } from '../ui/person-avatar'
import css from './member-picker.module.css'
import { groupTexts } from './texts'

/** Picks some of the user's contacts. `picked` are ids of users. */
export function MemberPicker({
  picked,
  onChange,
  isOffered = () => true,
}: {
  picked: readonly string[]
  onChange(picked: string[]): void
  isOffered?(contact: Contact): boolean
}) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const [query, setQuery] = useState('')
  const list = useRef<HTMLUListElement>(null)
  const all = useList(client.contacts)
  const offered = all.filter(isOffered)
  const fitting = offered.filter(({ displayName, name, account, pinyin }) =>
    matches(query, [displayName, name, account], pinyin),
  )
  const toggle = (userId: string) =>
    onChange(picked.includes(userId) ? picked.filter((id) => id !== userId) : [...picked, userId])
  if (offered.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {all.length === 0 ? t.noContacts : t.allIn}
      </Text>
    )
  }
  return (
    <div>
      {picked.length > 0 && (
        <Pill.Group aria-label={t.picked} role="group">
          {picked.map((userId) => {
            const name = client.contacts.byUser(userId)?.displayName ?? userId
            return (
              <Pill
                key={userId}
                withRemoveButton
                onRemove={() => toggle(userId)}
                removeButtonProps={{ 'aria-label': t.drop(name), 'aria-hidden': false, tabIndex: 0 }}
              >
                {name}
              </Pill>
            )
          })}
        </Pill.Group>
      )}
      <div className={css.search}>
        <SearchBox label={t.searchContacts} value={query} onChange={setQuery} list={list} isPicking />
      </div>
      {fitting.length === 0 ? (
        <Text c="dimmed" size="sm" p="sm" role="status">
          {t.noContactMatch(query.trim())}
        </Text>
      ) : (
        <ul className={css.people} ref={list}>
          {fitting.map(({ userId, displayName, avatarUrl }) => (
            <li key={userId}>
              <Checkbox
                data-row={userId}
                classNames={{ body: css.person, labelWrapper: css.labelWrapper, label: css.label }}
                labelPosition="left"
                label={
                  <>
                    <PersonAvatar name={displayName} src={avatarUrl} size={36} />
                    <span className={css.name}>{displayName}</span>
                  </>
                }
                checked={picked.includes(userId)}
                onChange={() => toggle(userId)}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
