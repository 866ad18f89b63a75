import type { Session } from 'nudge-sdk'
import { type RefCallback, useCallback, useEffect, useRef, useState } from 'react'
import { type FirstUnread, firstUnread, type UnreadMark } from './timeline'
import type { History } from './use-history'

/** As many older ones are asked for at once on the way there: the SDK's longest page. */
const STRIDE = 100

/** The first message that was unread when the conversation was opened, and the way there. */
export interface FirstNew {
  /** It stays the same; undefined while it is older than all that is here, and when nothing was unread. */
  key: string | undefined
  /** How many were unread, as long as the first of them has not been on the screen; then 0. */
  unseen: number
  isSeeking: boolean
  /** For the line above it. */
  line: RefCallback<HTMLElement>
  /** Goes there, as far back as it is. A second call gives up. */
  seek(): void
}

/** `onFound` is called with the line above it and its key, when `seek` has got there. */
export function useFirstNew(
  session: Session,
  { items, isOpened, hasMore, isLoading, hasFailed, loadOlder }: History,
  onFound: (line: HTMLElement, key: string) => void,
): FirstNew {
  const [mark, setMark] = useState<UnreadMark>()
  const [settled, setSettled] = useState<FirstUnread>()
  // Nothing is marked as read before it is opened.
  if (isOpened && !mark) {
    const { unread = 0, activeAt = 0 } = session.conversation ?? {}
    setMark({ count: unread, upTo: activeAt })
  }
  const first = settled ?? (mark && firstUnread(items, mark, hasMore))
  if (typeof first === 'object' && first !== settled) setSettled(first)
  const key = typeof first === 'object' ? first.key : undefined

  const [sight, setSight] = useState<'unknown' | 'above' | 'seen'>('unknown')
  const shown = useRef<HTMLElement>(null)
  const line = useCallback((element: HTMLElement | null) => {
    if (!element) return
    shown.current = element
    const observer = new IntersectionObserver(([entry]) => {
      setSight((before) => (entry?.isIntersecting || before === 'seen' ? 'seen' : 'above'))
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      shown.current = null
    }
  }, [])

  const [isSeeking, setSeeking] = useState(false)
  const seek = useCallback(() => {
    setSeeking((before) => !before)
    // Or else what failed before would end it at once.
    if (!isSeeking && hasFailed) loadOlder(STRIDE)
  }, [isSeeking, hasFailed, loadOlder])
  useEffect(() => {
    if (!isSeeking) return
    if (key !== undefined && shown.current) {
      setSeeking(false)
      onFound(shown.current, key)
    } else if (hasFailed || first !== 'older') {
      setSeeking(false)
    } else if (!isLoading) {
      loadOlder(STRIDE)
    }
  }, [isSeeking, first, key, isLoading, hasFailed, loadOlder, onFound])

  const isAhead = first === 'older' || (key !== undefined && sight === 'above')
  return { key, unseen: mark && isAhead ? mark.count : 0, isSeeking, line, seek }
}
