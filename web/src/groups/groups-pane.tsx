import { ActionIcon, Button, Text } from '@mantine/core'
import { IconStar, IconStarFilled, IconUsersGroup, IconUsersPlus } from '@tabler/icons-react'
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
import { useTask } from '../platform/use-task'
import { EmptyState } from '../ui/empty-state'
import { PaneAction } from '../ui/pane-action'
import { PaneHeader } from '../ui/pane-header'
import { PersonAvatar } from '../ui/person-avatar'
import own from './groups-pane.module.css'
import { groupTexts } from './texts'

const NewGroup = lazy(() => import('./new-group').then((m) => ({ default: m.NewGroup })))

interface Row {
  sessionId: string
  name: string
  avatarUrl: string
  line: string
}

/** The groups that the user is in, favourites first. */
export function GroupsPane() {
  const t = useTexts(groupTexts)
  const client = useClient()
  const favourites = useList(client.favourites)
  const groups = useList(client.sessions).filter(({ type }) => type === 'group')
  const { state } = useStatus()
  const [query, setQuery] = useState('')
  const [isCreating, setCreating] = useState(false)
  const list = useRef<HTMLDivElement>(null)

  const isFavourite = new Set(favourites.map(({ sessionId }) => sessionId))
  const fits = ({ name, line }: Row) => matches(query, [name, line])
  const kept = favourites
    .map(({ sessionId, name, avatarUrl }): Row => {
      const session = client.sessions.get(sessionId)
      const line = session?.isOver ? t.isOver : (session?.description ?? '')
      return { sessionId, name, avatarUrl, line }
    })
    .filter(fits)
  const others = groups
    .filter(({ id }) => !isFavourite.has(id))
    .map(
      ({ id, name, avatarUrl, description }): Row => ({ sessionId: id, name, avatarUrl, line: description }),
    )
    .sort((a, b) => a.name.localeCompare(b.name))
    .filter(fits)

  const size = favourites.length + groups.length
  const isLoading = size === 0 && client.sessions.cursor === undefined && state !== 'live'
  return (
    <>
      <PaneHeader
        title={t.title}
        actions={<PaneAction icon={IconUsersPlus} label={t.newGroup} onClick={() => setCreating(true)} />}
      />
      {size > 0 && <SearchBox label={t.search} value={query} onChange={setQuery} list={list} />}
      {isLoading ? (
        <ListSkeleton />
      ) : size === 0 ? (
        <EmptyState icon={IconUsersGroup} title={t.nothingTitle}>
          {t.nothing}
          <div>
            <Button mt="md" onClick={() => setCreating(true)}>
              {t.newGroup}
            </Button>
          </div>
        </EmptyState>
      ) : (
        <div className={css.scroll} ref={list}>
          {kept.length > 0 && <Section title={t.favourites} rows={kept} isFavourite />}
          {others.length > 0 && (
            <Section title={kept.length > 0 ? t.others : t.all} rows={others} isFavourite={false} />
          )}
          {kept.length + others.length === 0 && (
            <Text c="dimmed" size="sm" ta="center" p="lg" role="status">
              {t.noMatch(query.trim())}
            </Text>
          )}
        </div>
      )}
      <Dialog title={t.newGroup} opened={isCreating} onClose={() => setCreating(false)}>
        <NewGroup onDone={() => setCreating(false)} />
      </Dialog>
    </>
  )
}

function Section({ title, rows, isFavourite }: { title: string; rows: Row[]; isFavourite: boolean }) {
  const heading = useId()
  const { stop, listProps } = useRoving(rows.map(({ sessionId }) => sessionId))
  return (
    <section aria-labelledby={heading}>
      <h2 className={css.heading} id={heading}>
        {title}
      </h2>
      <ul className={css.list} aria-labelledby={heading} {...listProps}>
        {rows.map(({ sessionId, name, avatarUrl, line }) => (
          <ListRow
            key={sessionId}
            id={sessionId}
            href={paths.chat(sessionId)}
            isStop={sessionId === stop}
            picture={<PersonAvatar name={name} src={avatarUrl} />}
            title={name}
            line={line}
            after={<span className={own.room} />}
            controls={<Star sessionId={sessionId} name={name} isFavourite={isFavourite} />}
          />
        ))}
      </ul>
    </section>
  )
}

function Star({ sessionId, name, isFavourite }: { sessionId: string; name: string; isFavourite: boolean }) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const { isBusy, run } = useTask()
  const label = isFavourite ? t.removeFavourite(name) : t.addFavourite(name)
  const toggle = () =>
    isFavourite ? client.favourites.bySession(sessionId)?.remove() : client.favourites.add(sessionId)
  return (
    <ActionIcon
      className={own.star}
      variant="subtle"
      color="gray"
      size={40}
      radius="xl"
      aria-label={label}
      title={label}
      disabled={isBusy}
      onClick={() => run(async () => toggle())}
    >
      {isFavourite ? (
        <IconStarFilled className={own.lit} size={18} aria-hidden />
      ) : (
        <IconStar size={18} aria-hidden />
      )}
    </ActionIcon>
  )
}
