import { ActionIcon, Anchor, Center, Drawer, Loader, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconInfoCircle, IconMessageOff, IconUserCircle } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { countJoined } from '../groups/joined'
import { useTexts } from '../i18n/texts'
import { useBackCloses } from '../places/back'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { useIsEmbedded } from '../platform/embedded'
import { useList } from '../platform/use-list'
import { EmptyState } from '../ui/empty-state'
import { ErrorBoundary } from '../ui/error-boundary'
import { type Lead, PaneHeader } from '../ui/pane-header'
import { PersonAvatar } from '../ui/person-avatar'
import { useIsNarrow } from '../ui/screen'
import { useEscapeCloses } from '../ui/use-escape-closes'
import { useConversationName } from '../words/conversation-name'
import css from './chat-pane.module.css'
import { Composer } from './composer/composer'
import { MessageView } from './message-view'
import { chatTexts } from './texts'
import { useSession } from './use-session'

const GroupDetails = lazy(async () => {
  const { GroupDetails } = await import('../groups/group-details')
  return { default: GroupDetails }
})

/** A session: what was said, and what to say. */
export function ChatPane({ sessionId }: { sessionId: string }) {
  const t = useTexts(chatTexts)
  const isEmbedded = useIsEmbedded()
  const { session, isMissing } = useSession(sessionId)
  if (session) return <Chat session={session} />
  if (!isMissing) {
    return (
      <Center h="100%">
        <Loader role="status" aria-label={t.loading} />
      </Center>
    )
  }
  return (
    <EmptyState icon={IconMessageOff} title={t.unknownTitle}>
      <p>{t.unknown}</p>
      {!isEmbedded && (
        <Anchor component={Link} href={paths.chats}>
          {t.toChats}
        </Anchor>
      )}
    </EmptyState>
  )
}

function Chat({ session }: { session: Session }) {
  const t = useTexts(chatTexts)
  const isEmbedded = useIsEmbedded()
  const { title, subtitle } = useTitles(session)
  const [hasDetails, setDetails] = useState(false)
  const closeDetails = () => setDetails(false)
  // Wide enough for the list, the messages and the details side by side.
  const isWide = useMediaQuery('(min-width: 70em)', false, { getInitialValueInEffect: false })
  const isPhone = useIsNarrow()
  useBackCloses(hasDetails && !isWide, closeDetails)
  useEscapeCloses(hasDetails && !isWide, closeDetails)
  const toggleDetails = () => setDetails(!hasDetails)
  const personId = isEmbedded ? undefined : personOf(session)
  const details = (
    <ErrorBoundary>
      <Suspense fallback={<Loader m="xl" />}>
        <GroupDetails session={session} onClose={closeDetails} />
      </Suspense>
    </ErrorBoundary>
  )
  return (
    <div className={css.pane}>
      <div className={css.chat}>
        <PaneHeader
          title={title}
          subtitle={subtitle}
          before={<PersonAvatar name={title} src={session.avatarUrl} size={40} />}
          lead={leadOf(session.type, personId, toggleDetails)}
          {...(!isEmbedded && { backTo: paths.chats })}
          actions={
            session.type === 'group' ? (
              <Tooltip label={t.details}>
                <ActionIcon
                  variant={hasDetails ? 'light' : 'subtle'}
                  color={hasDetails ? undefined : 'gray'}
                  size={40}
                  aria-label={t.details}
                  aria-expanded={hasDetails}
                  onClick={toggleDetails}
                >
                  <IconInfoCircle size={22} stroke={1.7} />
                </ActionIcon>
              </Tooltip>
            ) : (
              personId !== undefined && <ProfileLink userId={personId} />
            )
          }
        />
        <MessageView session={session} />
        <Composer session={session} name={title} />
      </div>
      {isWide && hasDetails && (
        <aside className={css.details} aria-label={t.details}>
          {details}
        </aside>
      )}
      {!isWide && (
        <Drawer.Root
          opened={hasDetails}
          onClose={closeDetails}
          position="right"
          size={isPhone ? '100%' : 360}
          closeOnEscape={false}
        >
          <Drawer.Overlay />
          <Drawer.Content aria-label={t.details}>
            <Drawer.Body className={css.drawer}>{details}</Drawer.Body>
          </Drawer.Content>
        </Drawer.Root>
      )}
    </div>
  )
}

/** Whom one talks to, where that is one person. */
function personOf({ type, conversation }: Session): string | undefined {
  return type === 'p2p' ? conversation?.targetId : undefined
}

function leadOf(
  type: Session['type'],
  personId: string | undefined,
  onDetails: () => void,
): Lead | undefined {
  if (type === 'group') return { onClick: onDetails }
  return personId === undefined ? undefined : { href: paths.contact(personId) }
}

function ProfileLink({ userId }: { userId: string }) {
  const t = useTexts(chatTexts)
  return (
    <Tooltip label={t.profile}>
      <ActionIcon
        component={Link}
        href={paths.contact(userId)}
        variant="subtle"
        color="gray"
        size={40}
        aria-label={t.profile}
      >
        <IconUserCircle size={22} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  )
}

/** What a session is called, and a few words about it. */
function useTitles(session: Session): { title: string; subtitle: string | undefined } {
  const t = useTexts(chatTexts)
  const client = useClient()
  const members = useList(session.members)
  const nameOf = useConversationName()
  const { conversation } = session
  const title = nameOf(conversation ?? session)
  const isGroup = session.type === 'group'
  useEffect(() => {
    // Without a connection nothing is said of how many there are.
    if (isGroup) void session.members.load().catch(() => {})
  }, [session, isGroup])
  if (session.type === 'single') return { title, subtitle: t.ownDevicesNote }
  if (isGroup) {
    const count = countJoined(members)
    const words = count > 0 ? t.members(count) : undefined
    return { title: session.name, subtitle: session.isOver ? t.isOver : words }
  }
  const contact = client.contacts.byUser(conversation?.targetId ?? '')
  return {
    title,
    subtitle: session.isOver ? t.isPairOver : contact?.account,
  }
}
