import { describe, expect, test } from '@jest/globals'
import { firstUnread, type TimelineItem, timelineOf } from './timeline.js'

const noon = new Date(2026, 4, 1, 12).getTime()
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

function said(senderId: string, createdAt: number, type = 'text'): TimelineItem {
  return { key: `${senderId}@${(createdAt - noon) / MINUTE}`, senderId, type, createdAt }
}

/** One word a row: `[` begins what somebody says in one go, and `]` ends it. */
function outline(items: TimelineItem[], firstNew?: string): string[] {
  return timelineOf(items, firstNew).map(({ rows }) =>
    rows
      .map((row) =>
        row.kind === 'message' ? `${row.isFirst ? '[' : ''}${row.key}${row.isLast ? ']' : ''}` : row.kind,
      )
      .join(' '),
  )
}

describe('the timeline', () => {
  test('names who says several things in one go once', () => {
    const items = [
      said('a', noon),
      said('a', noon + MINUTE),
      said('a', noon + 2 * MINUTE),
      said('b', noon + 3 * MINUTE),
    ]
    expect(outline(items)).toEqual(['[a@0 a@1 a@2] [b@3]'])
  })

  test.each([
    { title: 'a pause', items: [said('a', noon), said('a', noon + 5 * MINUTE)], shown: ['[a@0] [a@5]'] },
    {
      title: 'a system line',
      items: [said('a', noon), said('system', noon + 1 * MINUTE, 'system'), said('a', noon + 2 * MINUTE)],
      shown: ['[a@0] system [a@2]'],
    },
    {
      title: 'a recalled message',
      items: [said('a', noon), said('a', noon + 1 * MINUTE, 'system'), said('a', noon + 2 * MINUTE)],
      shown: ['[a@0] system [a@2]'],
    },
    {
      title: 'midnight',
      items: [said('a', noon + 12 * 60 * MINUTE - MINUTE), said('a', noon + 12 * 60 * MINUTE)],
      shown: ['[a@719]', '[a@720]'],
    },
  ])('begins anew after $title', ({ items, shown }) => {
    expect(outline(items)).toEqual(shown)
  })

  test('begins anew below the line above what is new', () => {
    expect(outline([said('a', noon), said('a', noon + MINUTE)], 'a@1')).toEqual(['[a@0] new [a@1]'])
  })

  test('has no day twice, though a clock is behind', () => {
    const days = timelineOf([said('a', noon), said('b', noon - 2 * DAY), said('a', noon + DAY)])
    expect(days.map(({ rows }) => rows.length)).toEqual([2, 1])
    expect(new Set(days.map(({ key }) => key)).size).toBe(2)
  })
})

describe('the first unread message', () => {
  const items = [
    { ...said('system', noon - MINUTE, 'system'), isOwn: false },
    { ...said('b', noon), isOwn: false },
    { ...said('b', noon + 1 * MINUTE), isOwn: false },
    { ...said('me', noon + 2 * MINUTE), isOwn: true },
    { ...said('b', noon + 3 * MINUTE), isOwn: false },
    { ...said('b', noon + 9 * MINUTE), isOwn: false },
  ]
  const upTo = noon + 3 * MINUTE

  test.each([
    { title: 'is none when all is read', count: 0, hasMore: true, first: 'none' },
    { title: 'is not what came after the opening', count: 1, hasMore: true, first: { key: 'b@3' } },
    { title: 'is not one of mine', count: 2, hasMore: true, first: { key: 'b@1' } },
    { title: 'is not a line of the system', count: 4, hasMore: true, first: { key: 'b@0' } },
    { title: 'is not known while it is older', count: 5, hasMore: true, first: 'older' },
    { title: 'is the first of all when there are no more', count: 5, hasMore: false, first: { key: 'b@0' } },
  ])('$title', ({ count, hasMore, first }) => {
    expect(firstUnread(items, { count, upTo }, hasMore)).toEqual(first)
  })

  test('is none when only the system said something, however much is older', () => {
    const lines = [said('system', noon, 'system'), said('system', noon + MINUTE, 'system')]
    const unread = { count: 2, upTo: noon + MINUTE }
    expect(
      firstUnread(
        lines.map((line) => ({ ...line, isOwn: false })),
        unread,
        true,
      ),
    ).toBe('none')
  })
})
