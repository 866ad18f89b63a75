import { ActionIcon, Switch } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDoorExit, IconTrash, IconX } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useTexts } from '../i18n/texts'
import { ConfirmDialog, type Question } from '../lists/confirm-dialog'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useTask } from '../platform/use-task'
import { DangerButton } from '../ui/danger-button'
import { PaneHeader } from '../ui/pane-header'
import css from './group-details.module.css'
import { GroupHead } from './group-head'
import { GroupMembers } from './group-members'
import { countJoined } from './joined'
import type { Role } from './rights'
import { groupTexts } from './texts'

/** Everything about a group, beside its chat: members, name, what one may do in it. */
export function GroupDetails({ session, onClose }: { session: Session; onClose(): void }) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const me = useMe()
  useList(client.sessions)
  useList(session.members)
  const own = session.isOver ? undefined : session.members.byUser(me.id)?.role
  return (
    <div className={css.details}>
      <PaneHeader
        title={t.details}
        actions={
          <ActionIcon variant="subtle" color="gray" size={40} aria-label={t.close} onClick={onClose}>
            <IconX size={20} aria-hidden />
          </ActionIcon>
        }
      />
      <div className={css.scroll}>
        <GroupHead session={session} mayEdit={own === 'master'} />
        <div className={css.section}>
          <FavouriteSwitch session={session} />
          <PinSwitch session={session} />
        </div>
        <GroupMembers session={session} own={own} onClose={onClose} />
        {own && (
          <details className={css.roles}>
            <summary>{t.rolesTitle}</summary>
            <dl>
              <dt>{t.master}</dt>
              <dd>{t.rolesMaster}</dd>
              <dt>{t.admin}</dt>
              <dd>{t.rolesAdmin}</dd>
              <dt>{t.members}</dt>
              <dd>{t.rolesUser}</dd>
            </dl>
          </details>
        )}
        <Endings session={session} own={own} onClose={onClose} />
      </div>
    </div>
  )
}

function FavouriteSwitch({ session }: { session: Session }) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const { isBusy, run } = useTask()
  useList(client.favourites)
  const favourite = client.favourites.bySession(session.id)
  if (!favourite && session.isOver) return null
  return (
    <Switch
      label={t.favourite}
      labelPosition="left"
      classNames={{ body: css.switch, labelWrapper: css.switchLabel }}
      checked={favourite !== undefined}
      disabled={isBusy}
      onChange={() => run(async () => (favourite ? favourite.remove() : client.favourites.add(session.id)))}
    />
  )
}

function PinSwitch({ session }: { session: Session }) {
  const t = useTexts(groupTexts)
  const { isBusy, run } = useTask()
  useList(useClient().conversations)
  const { conversation } = session
  if (!conversation) return null
  return (
    <Switch
      label={t.pinned}
      labelPosition="left"
      classNames={{ body: css.switch, labelWrapper: css.switchLabel }}
      checked={conversation.isTop}
      disabled={isBusy}
      onChange={() => run(() => conversation.pin(!conversation.isTop))}
    />
  )
}

/** `own` is the user's role; undefined: not in the group any more. */
function Endings({ session, own, onClose }: { session: Session; own: Role | undefined; onClose(): void }) {
  const t = useTexts(groupTexts)
  const [, navigate] = useLocation()
  const [question, setQuestion] = useState<Question>()
  const { name } = session
  const isAlone = countJoined(session.members.items) === 1
  const leave = () => {
    navigate(paths.chats)
    onClose()
  }
  const askToLeave = () => {
    setQuestion({
      title: t.leaveTitle(name),
      text: (
        <>
          {t.leaveText}
          {own === 'master' && <p>{isAlone ? t.leaveAlone : t.leaveMaster}</p>}
        </>
      ),
      yes: t.leaveYes,
      isDanger: true,
      async act() {
        await session.leave()
        leave()
      },
    })
  }
  const askToDissolve = () => {
    setQuestion({
      title: t.dissolveTitle(name),
      text: t.dissolveText,
      yes: t.dissolveYes,
      isDanger: true,
      async act() {
        await session.dissolve()
        notifications.show({ message: t.dissolved(name) })
        leave()
      },
    })
  }
  return (
    <>
      {own && (
        <div className={css.endings}>
          <DangerButton icon={IconDoorExit} justify="flex-start" onClick={askToLeave}>
            {t.leave}
          </DangerButton>
          {own === 'master' && (
            <DangerButton icon={IconTrash} justify="flex-start" onClick={askToDissolve}>
              {t.dissolve}
            </DangerButton>
          )}
        </div>
      )}
      {/* There until all is done, though the user is out of the group before that. */}
      <ConfirmDialog question={question} onClose={() => setQuestion(undefined)} />
    </>
  )
}
