import { type Icon, IconAddressBook, IconMessages, IconUsersGroup } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import { useLocation } from 'wouter'
import { ChatPane } from '../chat/chat-pane'
import { ContactPage } from '../contacts/contact-page'
import { ContactsPane } from '../contacts/contacts-pane'
import { ConversationsPane } from '../conversations/conversations-pane'
import type { TraceLog } from '../debug/trace-log'
import { GroupsPane } from '../groups/groups-pane'
import { defineTexts, useTexts } from '../i18n/texts'
import { useNotifications } from '../notify/use-notifications'
import { useDropGuard } from '../platform/use-drop-guard'
import { SettingsPage } from '../settings/settings-page'
import { EmptyState } from '../ui/empty-state'
import { ErrorBoundary } from '../ui/error-boundary'
import { ConnectionBanner } from './connection-status'
import { type Place, placeOf } from './places'
import { Rail } from './rail'
import css from './shell.module.css'

const DebugPanel = lazy(() => import('../debug/debug-panel'))

const texts = defineTexts({
  en: {
    list: 'List',
    noChat: 'Pick a conversation',
    noChatMore: 'Choose one on the left, or start a new one. Everything stays the same on all your devices.',
    noContact: 'Pick somebody',
    noContactMore: 'Choose a contact on the left, or add one by account.',
    noGroup: 'Pick a group',
    noGroupMore: 'Choose one on the left, or make a new one. The star keeps a group at the top.',
  },
  zh: {
    list: '列表',
    noChat: '选择一个会话',
    noChatMore: '在左侧选择会话，或开始新的会话。您的所有设备始终保持一致。',
    noContact: '选择一位联系人',
    noContactMore: '在左侧选择联系人，或通过账号添加。',
    noGroup: '选择一个群组',
    noGroupMore: '在左侧选择群组，或新建一个。点击星标可将群组置于最前。',
  },
})

/**
 * The app of a user who is logged in: where to go, a list, and what is open of it. On phones one at a time. With a
 * `log`, the developer's view of it below.
 */
export function Shell({ log }: { log?: TraceLog }) {
  const [path] = useLocation()
  const place = placeOf(path)
  const t = useTexts(texts)
  useNotifications(place)
  useDropGuard()
  return (
    <div className={css.shell} data-open={hasPage(place)} data-debug={log !== undefined}>
      <Rail section={place.section} />
      {place.section !== 'settings' && (
        <section className={css.side} aria-label={t.list}>
          <ConnectionBanner />
          <ErrorBoundary resetBy={path}>
            <Side place={place} />
          </ErrorBoundary>
        </section>
      )}
      <main className={css.main}>
        <ConnectionBanner />
        <ErrorBoundary resetBy={path}>
          <Page place={place} />
        </ErrorBoundary>
      </main>
      {log && (
        <ErrorBoundary isCompact around={(failure) => <div className={css.debug}>{failure}</div>}>
          <Suspense>
            <DebugPanel log={log} />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  )
}

/** What the page says while nothing is open on it. */
const NOTHING = {
  chats: { icon: IconMessages, title: 'noChat', more: 'noChatMore' },
  contacts: { icon: IconAddressBook, title: 'noContact', more: 'noContactMore' },
  groups: { icon: IconUsersGroup, title: 'noGroup', more: 'noGroupMore' },
} as const satisfies Record<string, { icon: Icon; title: string; more: string }>

/** Whether something is open that hides the list on phones. */
function hasPage(place: Place): boolean {
  if (place.section === 'chats') return place.sessionId !== undefined
  if (place.section === 'contacts') return place.userId !== undefined
  return place.section === 'settings'
}

function Side({ place }: { place: Place }) {
  if (place.section === 'contacts') return <ContactsPane selected={place.userId} />
  if (place.section === 'groups') return <GroupsPane />
  return <ConversationsPane selected={place.section === 'chats' ? place.sessionId : undefined} />
}

function Page({ place }: { place: Place }) {
  const t = useTexts(texts)
  if (place.section === 'settings') return <SettingsPage />
  if (place.section === 'contacts' && place.userId !== undefined) {
    return <ContactPage key={place.userId} userId={place.userId} />
  }
  if (place.section === 'chats' && place.sessionId !== undefined) {
    return <ChatPane key={place.sessionId} sessionId={place.sessionId} />
  }
  const { icon, title, more } = NOTHING[place.section]
  return (
    <EmptyState icon={icon} title={t[title]}>
      {t[more]}
    </EmptyState>
  )
}
