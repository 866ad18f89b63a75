import { ActionIcon, Button, Text } from '@mantine/core'
import { IconMailPlus, IconUserPlus } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { lazy, useCallback, useEffect, useId, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { ConfirmDialog, type Question } from '../lists/confirm-dialog'
import { Dialog } from '../lists/dialog'
import { ListSkeleton } from '../lists/list-skeleton'
import { matches } from '../lists/matches'
import { SearchBox } from '../lists/search-box'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import css from './group-details.module.css'
import { MemberRow } from './member-row'
import type { Role } from './rights'
import { groupTexts } from './texts'

const AddMembers = lazy(() => import('./add-members').then((m) => ({ default: m.AddMembers })))
const InviteByMail = lazy(() => import('./invite-by-mail').then((m) => ({ default: m.InviteByMail })))

/** From how many members on one may search among them. */
const MANY = 6

/** Who is in a group, and how others get in and out. `own` is the user's role there; undefined: not in it any more. */
export function GroupMembers({
  session,
  own,
  onClose,
}: {
  session: Session
  own: Role | undefined
  onClose(): void
}) {
  const t = useTexts(groupTexts)
  const client = useClient()
  useList(client.contacts)
  const members = useList(session.members)
  const { hasFailed, load } = useLoaded(session)
  const [query, setQuery] = useState('')
  const [dialog, setDialog] = useState<'add' | 'invite'>()
  const [question, setQuestion] = useState<Question>()
  const heading = useId()
  const close = () => setDialog(undefined)
  const fitting = members.filter(({ userId, name, pinyin }) =>
    matches(query, [name, client.contacts.byUser(userId)?.displayName ?? ''], pinyin),
  )
  return (
    <section aria-labelledby={heading}>
      <div className={css.membersHead}>
        <h3 className={css.membersTitle} id={heading}>
          {t.members}
        </h3>
        {own && (
          <>
            <ActionIcon
              variant="subtle"
              size={40}
              radius="xl"
              aria-label={t.invite}
              title={t.invite}
              onClick={() => setDialog('invite')}
            >
              <IconMailPlus size={20} aria-hidden />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              size={40}
              radius="xl"
              aria-label={t.addMembers}
              title={t.addMembers}
              onClick={() => setDialog('add')}
            >
              <IconUserPlus size={20} aria-hidden />
            </ActionIcon>
          </>
        )}
      </div>
      {members.length >= MANY && <SearchBox label={t.searchMembers} value={query} onChange={setQuery} />}
      {members.length === 0 && !hasFailed && <ListSkeleton />}
      {hasFailed && (
        <Text size="sm" c="dimmed" px="md" py="xs" role="alert" component="div">
          {t.failed}{' '}
          <Button size="compact-sm" variant="subtle" onClick={load}>
            {t.again}
          </Button>
        </Text>
      )}
      {members.length > 0 && fitting.length === 0 && (
        <Text size="sm" c="dimmed" px="md" py="xs" role="status">
          {t.noMemberMatch(query.trim())}
        </Text>
      )}
      <ul className={css.people} aria-labelledby={heading}>
        {fitting.map((member) => (
          <MemberRow
            key={member.id}
            session={session}
            member={member}
            own={own}
            onAsk={setQuestion}
            onClose={onClose}
          />
        ))}
      </ul>
      <Dialog title={t.addMembers} opened={dialog === 'add'} onClose={close}>
        <AddMembers session={session} onDone={close} />
      </Dialog>
      <Dialog title={t.invite} opened={dialog === 'invite'} onClose={close}>
        <InviteByMail session={session} onDone={close} />
      </Dialog>
      <ConfirmDialog question={question} onClose={() => setQuestion(undefined)} />
    </section>
  )
}

/** Sees to it that the members are here. */
function useLoaded(session: Session): { hasFailed: boolean; load(): void } {
  const [hasFailed, setFailed] = useState(false)
  const load = useCallback(() => {
    setFailed(false)
    session.members.load().catch(() => setFailed(true))
  }, [session])
  useEffect(load, [load])
  return { hasFailed, load }
}
