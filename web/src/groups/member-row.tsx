import { ActionIcon, Avatar, Menu } from '@mantine/core'
import {
  IconCrown,
  IconDots,
  IconMail,
  IconMailOff,
  IconMessage,
  IconShieldCheck,
  IconShieldOff,
  IconUser,
  IconUserMinus,
} from '@tabler/icons-react'
import type { Member, Session } from 'nudge-sdk'
import { Link, useLocation } from 'wouter'
import { useOpenChat } from '../contacts/use-open-chat'
import { useTexts } from '../i18n/texts'
import type { Question } from '../lists/confirm-dialog'
import { chosenName } from '../people/name-of'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useIsEmbedded } from '../platform/embedded'
import { useTask } from '../platform/use-task'
import { PersonAvatar } from '../ui/person-avatar'
import css from './group-details.module.css'
import { type Role, rightsOver } from './rights'
import { groupTexts } from './texts'
import { useAnnounce } from './use-announce'

/** Somebody in a group, with a menu of what the user may do with them. */
export function MemberRow({
  session,
  member,
  own,
  onAsk,
  onClose,
}: {
  session: Session
  member: Member
  own: Role | undefined
  /** Before what cannot simply be undone. */
  onAsk(question: Question): void
  onClose(): void
}) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const me = useMe()
  const isEmbedded = useIsEmbedded()
  const [, navigate] = useLocation()
  const { openChat } = useOpenChat()
  const { isBusy, run } = useTask()
  const announce = useAnnounce(session)
  const { userId, role, isInvited, avatarUrl } = member
  const isSelf = userId === me.id
  const name = isInvited ? userId : chosenName(client.contacts.byUser(userId), member)
  const rights = rightsOver(own, role)
  const isManaged = Object.values(rights).includes(true)
  const isReachable = !isSelf && !isInvited && !isEmbedded

  const makeAdmin = (isAdmin: boolean) =>
    run(async () => {
      await session.setRole(member, isAdmin ? 'admin' : 'user')
      announce(isAdmin ? 'saidAppointed' : 'saidDismissed', member.name)
    })
  const askToTransfer = () =>
    onAsk({
      title: t.transferTitle(name),
      text: t.transferText(name),
      yes: t.transferYes,
      async act() {
        await session.setRole(member, 'master')
        announce('saidTransferred', member.name)
      },
    })
  const askToRemove = () =>
    onAsk({
      title: t.removeTitle(name),
      text: t.removeText(name),
      yes: t.removeYes,
      isDanger: true,
      act: () => session.removeMember(member),
    })
  const askToTakeBack = () =>
    onAsk({
      title: t.takeBackTitle(name),
      text: t.takeBackText,
      yes: t.takeBackYes,
      isDanger: true,
      act: () => session.removeMember(member),
    })

  return (
    <li className={css.person}>
      {isInvited ? (
        <Avatar size={36} radius="xl" aria-hidden>
          <IconMail size={18} />
        </Avatar>
      ) : (
        <PersonAvatar name={name} src={avatarUrl} size={36} />
      )}
      <span className={css.personName} title={name}>
        {isReachable ? (
          <Link href={paths.contact(userId)} className={css.link} onClick={onClose}>
            {name}
          </Link>
        ) : (
          name
        )}
        {isSelf && ` (${t.you})`}
      </span>
      {role !== 'user' && (
        <span className={css.role} data-role={role}>
          {t[role]}
        </span>
      )}
      {!isSelf && (isReachable || isManaged) && (
        <Menu withInitialFocusPlaceholder={false} position="bottom-end" shadow="md" radius="md" width={210}>
          <Menu.Target>
            <ActionIcon
              className={css.personActions}
              variant="subtle"
              color="gray"
              size={36}
              radius="xl"
              loading={isBusy}
              aria-label={t.actions(name)}
            >
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {isReachable && (
              <>
                <Menu.Item
                  leftSection={<IconMessage size={18} />}
                  onClick={async () => {
                    if (await openChat(userId)) onClose()
                  }}
                >
                  {t.message}
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconUser size={18} />}
                  onClick={() => {
                    navigate(paths.contact(userId))
                    onClose()
                  }}
                >
                  {t.showContact}
                </Menu.Item>
                {isManaged && <Menu.Divider />}
              </>
            )}
            {rights.appoint && (
              <Menu.Item leftSection={<IconShieldCheck size={18} />} onClick={() => makeAdmin(true)}>
                {t.appoint}
              </Menu.Item>
            )}
            {rights.dismiss && (
              <Menu.Item leftSection={<IconShieldOff size={18} />} onClick={() => makeAdmin(false)}>
                {t.dismiss}
              </Menu.Item>
            )}
            {rights.transfer && (
              <Menu.Item leftSection={<IconCrown size={18} />} onClick={askToTransfer}>
                {t.transfer}
              </Menu.Item>
            )}
            {rights.remove && (
              <Menu.Item c="var(--n-bad)" leftSection={<IconUserMinus size={18} />} onClick={askToRemove}>
                {t.remove}
              </Menu.Item>
            )}
            {rights.takeBack && (
              <Menu.Item c="var(--n-bad)" leftSection={<IconMailOff size={18} />} onClick={askToTakeBack}>
                {t.takeBack}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </li>
  )
}
