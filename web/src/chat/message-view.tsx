import { Button, Loader, Skeleton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconMessage2Plus } from '@tabler/icons-react'
import type { Message, Session } from 'nudge-sdk'
import { type FocusEvent, type Ref, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { useLanguage } from '../i18n/language'
import { useTexts } from '../i18n/texts'
import { useIsEmbedded } from '../platform/embedded'
import { EmptyState } from '../ui/empty-state'
import { dayName } from '../ui/times'
import { useToday } from '../ui/use-today'
import { useConversationName } from '../words/conversation-name'
import { MessageMenu } from './message-menu'
import { type MenuPlace, MessageRow, SystemRow } from './message-row'
import css from './message-view.module.css'
import { chatTexts } from './texts'
import { type TimelineRow, timelineOf } from './timeline'
import { useAnchoredScroll } from './use-anchored-scroll'
import { useFirstNew } from './use-first-new'
import { useScrolling, useStuck } from './use-floating-day'
import { type History, useHistory } from './use-history'
import { useMarkRead } from './use-mark-read'
import { useMessageActions } from './use-message-actions'
import { usePeople } from './use-people'
import { focusRow, useRowGestures } from './use-row-gestures'

/** What was said in a session, newest at the bottom. */
export function MessageView({ session }: { session: Session }) {
  const t = useTexts(chatTexts)
  const isEmbedded = useIsEmbedded()
  const nameOf = useConversationName()
  const { conversation } = session
  const history = useHistory(session.messages)
  const { items, isOpened, hasMore, isLoading } = history
  const { scroller, content, isAtEnd, toEnd, toLine } = useAnchoredScroll()
  useScrolling(scroller)
  const personOf = usePeople(
    session,
    items.map(({ senderId }) => senderId),
  )
  useMarkRead(session, isOpened && isAtEnd)
  const firstNew = useFirstNew(
    session,
    history,
    useCallback(
      (line, key) => {
        toLine(line)
        focusRow(content.current, key)
      },
      [toLine, content],
    ),
  )
  const newCount = useNewCount(items, isAtEnd)
  useShowOwn(items, toEnd)

  const [menu, setMenu] = useState<{ key: string; place: MenuPlace }>()
  const openMenu = useCallback((key: string, place: MenuPlace) => setMenu({ key, place }), [])
  const gestures = useRowGestures(content, openMenu)
  const actions = useMessageActions(session, {
    canForward: !isEmbedded,
    onDone: ({ key }) => focusRow(content.current, key),
  })
  const messageOfMenu = menu && items.find(({ key }) => key === menu.key)

  // One line of all is reached by Tab: the one where the focus was last, or else the newest.
  const [visited, setVisited] = useState<string>()
  const byKey = new Map(items.map((message) => [message.key, message]))
  const tabStop =
    visited !== undefined && byKey.has(visited)
      ? visited
      : items.findLast(({ type }) => type !== 'system')?.key

  const rowOf = (row: TimelineRow) => {
    if (row.kind === 'new') return <NewLine key="new" ref={firstNew.line} />
    const message = byKey.get(row.key) as Message
    const { revision, status, progress, senderId } = message
    if (row.kind === 'system') return <SystemRow key={row.key} message={message} revision={revision} />
    const { name, avatarUrl, isGone = false } = personOf(senderId)
    const isNamed = session.type === 'group' && !message.isOwn
    return (
      <MessageRow
        key={row.key}
        message={message}
        revision={revision}
        status={status}
        progress={progress}
        name={name}
        avatarUrl={avatarUrl}
        isFirst={row.isFirst}
        isLast={row.isLast}
        isNamed={isNamed}
        hasPerson={isNamed && !isEmbedded && !isGone && name !== ''}
        isTabStop={row.key === tabStop}
        hasMenu={row.key === menu?.key}
        onMenu={openMenu}
      />
    )
  }

  return (
    <div className={css.view}>
      {firstNew.unseen > 0 && (
        <ToFirstNew count={firstNew.unseen} isSeeking={firstNew.isSeeking} onClick={firstNew.seek} />
      )}
      <div className={css.scroller} ref={scroller}>
        <div
          className={css.content}
          ref={content}
          role="log"
          aria-label={t.messages(nameOf(conversation ?? session))}
          aria-live="polite"
          aria-busy={isLoading || !isOpened}
          onFocus={({ target }: FocusEvent<HTMLElement>) =>
            setVisited((before) => target.closest<HTMLElement>('[data-message]')?.dataset.message ?? before)
          }
          {...gestures}
        >
          {items.length > 0 && <Older scroller={scroller} {...history} />}
          {timelineOf(items, firstNew.key).map((day) => (
            <div key={day.key}>
              <DayLine at={day.at} scroller={scroller} />
              {day.rows.map(rowOf)}
            </div>
          ))}
          {items.length === 0 && !isOpened && <Skeletons />}
        </div>
      </div>
      {items.length === 0 && isOpened && (
        <div className={css.nothing}>
          {hasMore ? (
            <Older scroller={scroller} {...history} />
          ) : (
            <EmptyState icon={IconMessage2Plus} title={t.nothingTitle}>
              {t.nothing}
            </EmptyState>
          )}
        </div>
      )}
      {!isAtEnd && <ToLatest count={newCount} onClick={() => toEnd({ isSmooth: true })} />}
      {menu && messageOfMenu && (
        <MessageMenu
          key={`${menu.key} ${menu.place.x} ${menu.place.y}`}
          actions={actions.of(messageOfMenu)}
          place={menu.place}
          onAct={(action) => actions.act(action, messageOfMenu)}
          onClose={() => {
            setMenu(undefined)
            focusRow(content.current, menu.key)
          }}
        />
      )}
      {actions.dialog}
    </div>
  )
}

/** How many came from others while the user was not at the end. */
function useNewCount(items: readonly Message[], isAtEnd: boolean): number {
  const [leftAt, setLeftAt] = useState<number>()
  if (isAtEnd && leftAt !== undefined) setLeftAt(undefined)
  if (!isAtEnd && leftAt === undefined) setLeftAt(items.findLast(isStored)?.createdAt ?? 0)
  if (leftAt === undefined) return 0
  let count = 0
  for (let index = items.length - 1; index >= 0; index--) {
    const message = items[index] as Message
    if (isStored(message) && message.createdAt <= leftAt) break
    if (!message.isOwn && message.type !== 'system') count += 1
  }
  return count
}

const isStored = ({ status }: Message) => status === 'stored'

/** Who sends something sees it. */
function useShowOwn(items: readonly Message[], toEnd: () => void): void {
  const last = items.at(-1)
  const sentKey = last?.isOwn && last.status === 'storing' ? last.key : undefined
  const shown = useRef<string>(undefined)
  useEffect(() => {
    if (sentKey === undefined || shown.current === sentKey) return
    shown.current = sentKey
    toEnd()
  }, [sentKey, toEnd])
}

/** The beginning, or the way there: older messages are loaded when this comes near. */
function Older({
  scroller,
  isOpened,
  hasMore,
  isLoading,
  hasFailed,
  loadOlder,
}: { scroller: RefObject<HTMLElement | null> } & History) {
  const t = useTexts(chatTexts)
  const end = useRef<HTMLDivElement>(null)
  const canLoad = isOpened && hasMore && !isLoading && !hasFailed
  useEffect(() => {
    if (!canLoad || !end.current) return
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) loadOlder()
      },
      {
        root: scroller.current?.contains(end.current) ? scroller.current : null,
        rootMargin: '400px 0px 0px',
      },
    )
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [canLoad, loadOlder, scroller])

  if (isOpened && !hasMore) return <p className={css.beginning}>{t.beginning}</p>
  return (
    <div className={css.older} ref={end}>
      {hasFailed ? (
        <>
          {t.olderFailed}
          <Button size="xs" variant="light" onClick={() => loadOlder()}>
            {t.tryAgain}
          </Button>
        </>
      ) : (
        <Loader size="sm" role="status" aria-label={t.loadingOlder} />
      )}
    </div>
  )
}

function DayLine({ at, scroller }: { at: number; scroller: RefObject<HTMLElement | null> }) {
  const line = useRef<HTMLDivElement>(null)
  useStuck(line, scroller)
  return (
    <div className={css.day} ref={line}>
      <span>{dayName(at, useLanguage(), useToday())}</span>
    </div>
  )
}

function NewLine({ ref }: { ref: Ref<HTMLDivElement> }) {
  const t = useTexts(chatTexts)
  return (
    <div className={css.new} ref={ref}>
      <span>{t.newMessages}</span>
    </div>
  )
}

function ToFirstNew({ count, isSeeking, onClick }: { count: number; isSeeking: boolean; onClick(): void }) {
  const t = useTexts(chatTexts)
  return (
    <button
      type="button"
      className={css.toFirstNew}
      aria-label={t.toFirstNew(count)}
      aria-busy={isSeeking}
      onClick={onClick}
    >
      {isSeeking ? <Loader size={16} /> : <IconArrowUp size={16} aria-hidden />}
      {t.newAbove(count)}
    </button>
  )
}

function ToLatest({ count, onClick }: { count: number; onClick(): void }) {
  const t = useTexts(chatTexts)
  const label = count > 0 ? t.toLatestNew(count) : t.toLatest
  return (
    <button type="button" className={css.toLatest} aria-label={label} title={label} onClick={onClick}>
      <IconArrowDown size={20} aria-hidden />
      {count > 0 && (
        <span className={css.count} aria-hidden>
          {count > 99 ? '99+' : count}
        </span>
      )}
    </button>
  )
}

const SKELETONS = ['52%', '34%', '61%', '28%', '44%', '57%', '38%']

function Skeletons() {
  const t = useTexts(chatTexts)
  return (
    <div className={css.skeletons} role="status" aria-label={t.loading}>
      {SKELETONS.map((width, index) => (
        <Skeleton
          key={width}
          width={width}
          height={38}
          radius={18}
          ml={index % 3 === 1 ? 'auto' : undefined}
        />
      ))}
    </div>
  )
}
