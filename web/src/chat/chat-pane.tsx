import { ActionIcon, Anchor, Center, Drawer, Loader, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconInfoCircle, IconMessageOff, IconUserCircle } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { useConversationName } from '../conversations/use-conversation-name'
import { countJoined } from '../groups/joined'
import { useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { paths } from '../shell/places'
import { EmptyState } from '../ui/empty-state'
import { ErrorBoundary } from '../ui/error-boundary'
import { PaneHeader } from '../ui/pane-header'
import { PersonAvatar } from '../ui/person-avatar'
import css from './chat-pane.module.css'
import { Composer } from './composer/composer'
import { MessageView } from './message-view'
import { chatTexts } from './texts'
import { useSession } from './use-session'

const GroupDetails = lazy(async () => {
  const { GroupDetails } = await import('../groups/group-details')
  return { default: GroupDetails }
})

/** A session: what was said, and what to say. `isEmbedded` leaves out what leads elsewhere in the app. */
export function ChatPane({ sessionId, isEmbedded = false }: { sessionId: string; isEmbedded?: boolean }) {
  const t = useTexts(chatTexts)
  const { session, isMissing } = useSession(sessionId)
  if (session) return <Chat session={session} isEmbedded={isEmbedded} />
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

function Chat({ session, isEmbedded }: { session: Session; isEmbedded: boolean }) {
  const t = useTexts(chatTexts)
  const { title, subtitle } = useTitles(session)
  const [hasDetails, setDetails] = useState(false)
  const closeDetails = () => setDetails(false)
  // Wide enough for the list, the messages and the details side by side.
  const isWide = useMediaQuery('(min-width: 70em)', false, { getInitialValueInEffect: false })
  const isPhone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
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
                  onClick={() => setDetails(!hasDetails)}
                >
                  <IconInfoCircle size={22} stroke={1.7} />
                </ActionIcon>
              </Tooltip>
            ) : (
              !isEmbedded && <ProfileLink session={session} />
            )
          }
        />
        <MessageView session={session} isEmbedded={isEmbedded} />
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

function ProfileLink({ session }: { session: Session }) {
  const t = useTexts(chatTexts)
  const userId = session.type === 'p2p' ? session.conversation?.targetId : undefined
  if (userId === undefined) return null
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
