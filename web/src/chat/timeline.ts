/** What the order of a conversation needs to know of a message. */
export interface TimelineItem {
  key: string
  senderId: string
  type: string
  /** ms since 1970. */
  createdAt: number
}

/** One line of the view. `isFirst` and `isLast` are of what one person said in one go. */
export type TimelineRow =
  | { kind: 'new'; key: 'new' }
  | { kind: 'system'; key: string }
  | { kind: 'message'; key: string; isFirst: boolean; isLast: boolean }

export interface TimelineDay {
  key: string
  /** Some moment of the day, ms since 1970. */
  at: number
  rows: TimelineRow[]
}

/** What comes later than this (ms) is a new start. */
const PAUSE_MS = 5 * 60_000

/**
 * The lines of a conversation, by day: who says several things in one go is named once. `firstNew` is the key of the
 * message that was the first unread one when the conversation was opened.
 */
export function timelineOf(items: readonly TimelineItem[], firstNew?: string): TimelineDay[] {
  const days: TimelineDay[] = []
  let day: TimelineDay | undefined
  let previous: TimelineItem | undefined
  let last: TimelineRow | undefined
  let at = Number.NEGATIVE_INFINITY
  for (const item of items) {
    // What is on its way has the time of this device, whose clock may be behind: days never go back.
    at = Math.max(at, item.createdAt)
    const key = new Date(at).toDateString()
    if (day?.key !== key) {
      day = { key, at, rows: [] }
      days.push(day)
      previous = undefined
    }
    if (item.key === firstNew) {
      day.rows.push({ kind: 'new', key: 'new' })
      previous = undefined
    }
    if (item.type === 'system') {
      last = { kind: 'system', key: item.key }
    } else {
      const isFirst = !previous || !goesOn(previous, item)
      if (!isFirst && last?.kind === 'message') last.isLast = false
      last = { kind: 'message', key: item.key, isFirst, isLast: true }
    }
    day.rows.push(last)
    previous = item
  }
  return days
}

function goesOn(previous: TimelineItem, item: TimelineItem): boolean {
  return (
    previous.type !== 'system' &&
    previous.senderId === item.senderId &&
    item.createdAt - previous.createdAt < PAUSE_MS
  )
}

/** How many messages were unread when a conversation was opened, and when (ms) the newest of them was said. */
export interface UnreadMark {
  count: number
  upTo: number
}

/** The key of the first unread message; `older`: than everything that is here; `none` of them says anything. */
export type FirstUnread = { key: string } | 'older' | 'none'

export function firstUnread(
  items: readonly (TimelineItem & { isOwn: boolean })[],
  { count, upTo }: UnreadMark,
  hasMore: boolean,
): FirstUnread {
  let left = count
  let first: string | undefined
  for (let index = items.length - 1; index >= 0 && left > 0; index--) {
    const item = items[index] as (typeof items)[number]
    if (item.isOwn || item.createdAt > upTo) continue
    // Lines of the system count, but are nothing that somebody has to say.
    if (item.type !== 'system') first = item.key
    left--
  }
  if (left > 0 && hasMore) return 'older'
  return first === undefined ? 'none' : { key: first }
}
