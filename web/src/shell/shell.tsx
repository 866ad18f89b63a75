import { type Icon, IconAddressBook, IconMessages, IconUsersGroup } from '@tabler/icons-react'
import { lazy, Suspense, useRef } from 'react'
import { useLocation } from 'wouter'
import { useDropGuard } from '../browser/use-drop-guard'
import { ChatPane } from '../chat/chat-pane'
import { ContactPage } from '../contacts/contact-page'
import { ContactsPane } from '../contacts/contacts-pane'
import { ConversationsPane } from '../conversations/conversations-pane'
import type { TraceLog } from '../debug/trace-log'
import { GroupsPane } from '../groups/groups-pane'
import { defineTexts, useTexts } from '../i18n/texts'
import { useSearchKey } from '../lists/use-search-key'
import { useNotifications } from '../notify/use-notifications'
import { type Place, placeOf } from '../places/places'
import { useWarningOfTyped } from '../platform/use-typed'
import { SettingsPage } from '../settings/settings-page'
import { EmptyState } from '../ui/empty-state'
import { ErrorBoundary } from '../ui/error-boundary'
import { ConnectionBanner } from './connection-status'
import { Rail } from './rail'
import css from './shell.module.css'

const DebugPanel = lazy(() => import('../debug/debug-panel'))

const texts = defineTexts({
  en: {
    list: 'List',
    noChat: 'Choose a chat',
    noChatMore: 'Choose one on the left, or start a new one. Your chats are in sync on all your devices.',
    noContact: 'Choose a contact',
    noContactMore: 'Choose one on the left, or add one by account.',
    noGroup: 'Choose a group',
    noGroupMore: 'Choose one on the left, or create a new one. Groups with a star stay at the top.',
  },
  zh: {
    list: '列表',
    noChat: '选择一个会话',
    noChatMore: '在左侧选择会话，或发起新的聊天。所有设备保持同步。',
    noContact: '选择一位联系人',
    noContactMore: '在左侧选择联系人，或通过账号添加。',
    noGroup: '选择一个群聊',
    noGroupMore: '在左侧选择群聊，或新建一个。星标群聊会显示在最前。',
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
  useWarningOfTyped()
  const side = useRef<HTMLElement>(null)
  useSearchKey(side)
  return (
    <div className={css.shell} data-open={hasPage(place)} data-debug={log !== undefined}>
      <Rail section={place.section} />
      {place.section !== 'settings' && (
        <section className={css.side} aria-label={t.list} ref={side}>
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
