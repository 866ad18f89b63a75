import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from 'kysely'
import { appendMessages } from '../../api/messages/store.js'
import { write } from '../../api/sync/write.js'
import type { ListObject, MessageObject } from '../../shared/wire/objects.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** I1 in pages: a page never ends inside a stamp, so `max(updatedAt)` as cursor loses and repeats nothing. */

let env: TestEnv
let alice: Person
let bob: Person

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
})
afterAll(() => env.close())

interface Entry {
  id: string
  updatedAt: string
}

const oldest = (entries: Entry[]) => Math.min(...entries.map(({ updatedAt }) => stampOf(updatedAt)))
const newest = (entries: Entry[]) => Math.max(...entries.map(({ updatedAt }) => stampOf(updatedAt)))
const idsOf = (entries: Entry[]) => entries.map(({ id }) => id)

function page(path: string, query: string, cursor?: number | string): Promise<ListObject<Entry>> {
  return alice.must('GET', `${path}?${query}`, { cursor })
}

/** Every page of the delta, as a client asks for them that knows only the largest `updatedAt`. */
async function walk(path: string, limit: number): Promise<Entry[][]> {
  const pages: Entry[][] = []
  for (let cursor: number | undefined; ; ) {
    const { entries } = await page(path, `limit=${limit}`, cursor)
    if (entries.length === 0) return pages
    pages.push(entries)
    cursor = newest(entries)
  }
}

/** Every page of the history, from the newest back, with the smallest `updatedAt` as the next cursor. */
async function walkBack(path: string, limit: number, start?: number): Promise<Entry[][]> {
  const pages: Entry[][] = []
  for (let cursor = start; ; ) {
    const entries = await alice.must<Entry[]>('GET', `${path}/history?limit=${limit}`, { cursor })
    if (entries.length === 0) return pages
    pages.push(entries)
    cursor = oldest(entries)
  }
}

/** Whole stamps, at least `limit` rows a page except the last, no more than it takes. */
function expectWholeStamps(pages: Entry[][], limit: number): void {
  const seen = new Set<string>()
  for (const [n, entries] of pages.entries()) {
    const stamps = entries.map(({ updatedAt }) => updatedAt)
    for (const stamp of new Set(stamps)) {
      expect(seen.has(stamp)).toBe(false)
      seen.add(stamp)
    }
    if (n < pages.length - 1) expect(entries.length).toBeGreaterThanOrEqual(limit)
    const beforeLastStamp = stamps.filter((stamp) => stamp !== stamps.at(-1)).length
    expect(beforeLastStamp).toBeLessThan(limit)
  }
}

/** Stores batches of messages, each batch under one stamp. */
async function store(sessionId: string, batches: number[], senders = [alice], bytes = 0): Promise<void> {
  const { context } = env.api
  const appId = context.tokens.verify('access', alice.token)?.app as string
  for (const [n, size] of batches.entries()) {
    const drafts = [...Array(size).keys()].map((i) => {
      const { id } = senders[i % senders.length] as Person
      const content = `${n}.${i}`.padEnd(bytes, ' ')
      return { sessionId, actorId: id, senderId: id, type: 'text', content, clientMessageId: null }
    })
    await write(context, appId, (trx, stamp) => appendMessages(trx, stamp, appId, drafts))
  }
}

test('sends that commit together share a stamp, and are read once each in pages of any size', async () => {
  const { id } = await alice.group(bob)
  await Promise.all([...Array(60).keys()].map((n) => (n % 2 ? alice : bob).send(id, `${n}`)))
  const path = `sessions/${id}/messages`
  const { entries, total_count } = await page(path, 'limit=1000')
  // Two members came, sixty messages.
  expect([entries.length, total_count]).toEqual([62, 62])
  expect(new Set(entries.map(({ updatedAt }) => updatedAt)).size).toBeLessThan(entries.length)

  for (const limit of [1, 3, 7]) {
    const pages = await walk(path, limit)
    expectWholeStamps(pages, limit)
    expect(pages.flat()).toEqual(entries)
    const back = await walkBack(path, limit)
    expectWholeStamps(back, limit)
    expect(idsOf(back.flat())).toEqual(idsOf(entries).reverse())
  }
})

describe('one stamp, many rows', () => {
  const CROWD = 40
  let groupId: string

  beforeAll(async () => {
    groupId = (await alice.group(bob)).id
    await store(groupId, [1, 25, 1, 1, 10])
    await crowd(groupId, CROWD)
    await chats(CROWD)
  })

  const COLLECTIONS: [string, () => string][] = [
    ['messages', () => `sessions/${groupId}/messages`],
    ['members', () => `sessions/${groupId}/members`],
    ['userConversations', () => `users/${alice.id}/userConversations`],
  ]

  describe.each(COLLECTIONS)('%s', (_title, path) => {
    test.each([1, 3, 7, 1000])('by cursor, limit %i: every row once', async (limit) => {
      const all = await page(path(), 'limit=1000')
      const stamps = new Set(all.entries.map(({ updatedAt }) => updatedAt))
      expect(stamps.size).toBeLessThan(all.entries.length)
      expect(all.total_count).toBe(all.entries.length)
      const pages = await walk(path(), limit)
      expectWholeStamps(pages, limit)
      expect(pages.flat()).toEqual(all.entries)
    })

    test.each([1, 3, 7, 1000])('by offset at one cursor, limit %i: every row once', async (limit) => {
      const all = await page(path(), 'limit=1000')
      const rows: Entry[] = []
      for (;;) {
        const { entries, total_count } = await page(path(), `limit=${limit}&offset=${rows.length}`)
        expect(total_count).toBe(all.total_count)
        if (entries.length === 0) break
        rows.push(...entries)
      }
      expect(rows).toEqual(all.entries)
    })

    test('by offset in steps of the limit, as if pages were never longer: none is lost', async () => {
      const all = await page(path(), 'limit=1000')
      const seen = new Set<string>()
      for (let offset = 0; offset < all.total_count; offset += 3) {
        const { entries } = await page(path(), `limit=3&offset=${offset}`)
        expect(idsOf(entries).slice(0, 3)).toEqual(idsOf(all.entries).slice(offset, offset + 3))
        for (const { id } of entries) seen.add(id)
      }
      expect(seen.size).toBe(all.total_count)
    })

    test('an offset beyond the end', async () => {
      const all = await page(path(), 'limit=1000')
      const beyond = await page(path(), `limit=10&offset=${all.total_count}`)
      expect(beyond).toMatchObject({ total_count: all.total_count, entries: [] })
      expect(await page(path(), 'offset=10000')).toMatchObject({ total_count: all.total_count, entries: [] })
    })

    test('total_count counts what is after the cursor, whatever the page is', async () => {
      const all = await page(path(), 'limit=1000')
      const cursor = stampOf(all.entries[0]?.updatedAt as string)
      const rest = all.entries.filter(({ updatedAt }) => stampOf(updatedAt) > cursor).length
      expect(rest).toBeGreaterThan(0)
      for (const query of ['', 'limit=1', 'limit=2&offset=1', `limit=${rest}`, 'limit=1000', 'offset=2']) {
        expect(await page(path(), query, cursor)).toMatchObject({ total_count: rest })
      }
      expect(await page(path(), '', newest(all.entries))).toMatchObject({ total_count: 0, entries: [] })
    })

    test('cursors in all their spellings', async () => {
      const all = await page(path(), 'limit=1000')
      const middle = all.entries[1]?.updatedAt as string
      const after = all.entries.filter(({ updatedAt }) => updatedAt > middle)
      expect((await page(path(), 'limit=1000', stampOf(middle))).entries).toEqual(after)
      expect((await page(path(), 'limit=1000', `${stampOf(middle)}.999`)).entries).toEqual(after)
      expect((await page(path(), 'limit=1000', middle)).entries).toEqual(after)
      for (const past of [undefined, 0, '', -1, -2206310400000, '2016/1/1', '2016-01-01', 946684800000]) {
        expect(await page(path(), 'limit=1000', past)).toEqual(all)
      }
      for (const future of [32503680000000, '3000/1/1', '9'.repeat(30), '3000-01-01T00:00:00.000Z']) {
        expect(await page(path(), 'limit=1000', future)).toMatchObject({ total_count: 0, entries: [] })
      }
    })
  })

  test('history by offset at one cursor', async () => {
    const path = `sessions/${groupId}/messages/history`
    const all = await alice.must<MessageObject[]>('GET', `${path}?limit=1000`)
    const rows: MessageObject[] = []
    for (;;) {
      const entries = await alice.must<MessageObject[]>('GET', `${path}?limit=4&offset=${rows.length}`)
      if (entries.length === 0) break
      rows.push(...entries)
    }
    expect(rows).toEqual(all)
  })
})

describe('history', () => {
  let groupId: string
  let path: string
  let all: Entry[]

  beforeAll(async () => {
    groupId = (await alice.group(bob)).id
    path = `sessions/${groupId}/messages`
    await store(groupId, [3, 1, 4, 1, 5, 9, 2, 6])
    all = (await page(path, 'limit=1000')).entries.reverse()
  })

  test.each([1, 2, 5, 20])(
    'limit %i: newest first, back to the first message, without repeats',
    async (limit) => {
      const pages = await walkBack(path, limit, Date.UTC(3000, 0, 1))
      expectWholeStamps(pages, limit)
      expect(idsOf(pages.flat())).toEqual(idsOf(all))
    },
  )

  test('strictly below the cursor', async () => {
    for (const cursor of new Set(all.map(({ updatedAt }) => stampOf(updatedAt)))) {
      const below = await alice.must<Entry[]>('GET', `${path}/history`, { cursor })
      expect(idsOf(below)).toEqual(idsOf(all.filter(({ updatedAt }) => stampOf(updatedAt) < cursor)))
    }
  })

  test('without a cursor the newest page; before everything an empty array', async () => {
    const first = await alice.must<Entry[]>('GET', `${path}/history?limit=4`)
    expect(idsOf(first)).toEqual(idsOf(all.slice(0, first.length)))
    expect(first.length).toBeGreaterThanOrEqual(4)
    for (const cursor of [0, -5, '1900-01-01', oldest(all)]) {
      expect(await alice.must('GET', `${path}/history`, { cursor })).toEqual([])
    }
  })
})

describe('limits', () => {
  test('messages: 100 unless asked, at most 1000', async () => {
    const { id } = await alice.group(bob)
    await store(id, Array(209).fill(5))
    const path = `sessions/${id}/messages`
    // Two members came, each under a stamp of its own, then 5 a stamp: the 100th is within one.
    expect(await page(path, '')).toMatchObject({ total_count: 1047, entries: { length: 102 } })
    expect((await page(path, 'limit=1000')).entries).toHaveLength(1002)
    expect((await page(path, 'limit=5000')).entries).toHaveLength(1002)
    expect(await alice.must('GET', `${path}/history`)).toHaveLength(100)
    expect(await alice.must('GET', `${path}/history?limit=5000`)).toHaveLength(1000)
  })

  test('members and userConversations: 1000 unless asked, since old clients never ask again', async () => {
    const { id } = await alice.group()
    await crowd(id, 1100, true)
    const members = `sessions/${id}/members`
    expect(await page(members, '')).toMatchObject({ total_count: 1101, entries: { length: 1000 } })
    expect(await page(members, 'limit=5000')).toMatchObject({ entries: { length: 1000 } })
    expect((await walk(members, 1000)).flat()).toHaveLength(1101)

    await chats(1100, true)
    const conversations = `users/${alice.id}/userConversations`
    const { total_count, entries } = await page(conversations, '')
    expect(total_count).toBeGreaterThan(1100)
    expect(entries).toHaveLength(1000)
    const everything = (await walk(conversations, 1000)).flat()
    expect(new Set(idsOf(everything)).size).toBe(total_count)
    expect(everything).toHaveLength(total_count)
  })
})

describe('long messages', () => {
  const CONTENT_BYTES = 64 * 1024
  const PAGE_BYTES = 8 * 1024 * 1024
  const MOST = PAGE_BYTES / CONTENT_BYTES
  // The 160 of one stamp are more than a page may hold.
  const BATCHES = [40, 40, 40, 20, 160, 5, 100, 30, 1]
  const COUNT = BATCHES.reduce((sum, size) => sum + size, 0) + 2
  let id: string
  let path: string

  beforeAll(async () => {
    ;({ id } = await alice.group(bob))
    path = `sessions/${id}/messages`
    await store(id, BATCHES, [bob], CONTENT_BYTES)
  })

  const isOneStamp = (entries: Entry[]) => new Set(entries.map(({ updatedAt }) => updatedAt)).size === 1

  test.each([7, 100, 130, 1000])(
    'delta, limit %i: pages end early, at a stamp; every row once',
    async (limit) => {
      const pages = await walk(path, limit)
      const stamps = pages.map((entries) => [...new Set(entries.map(({ updatedAt }) => updatedAt))])
      expect(new Set(stamps.flat()).size).toBe(stamps.flat().length)
      for (const entries of pages) {
        expect(entries.length <= MOST || isOneStamp(entries)).toBe(true)
      }
      expect(new Set(idsOf(pages.flat())).size).toBe(COUNT)
      expect(pages.flat()).toHaveLength(COUNT)
    },
  )

  test('total_count counts what is after the cursor, and what was not given stays unread', async () => {
    const { id: groupId } = await alice.group(bob)
    await store(groupId, [100, 100], [alice], CONTENT_BYTES)
    const unread = async () => {
      const { entries } = await bob.pullConversations()
      return entries.find(({ sessionId }) => sessionId === groupId)?.unread
    }
    const { entries, total_count } = await bob.pullMessages(groupId, undefined, '?limit=1000')
    expect([entries.length, total_count]).toEqual([102, 202])
    expect(await unread()).toBe(100)
    const rest = await bob.pullMessages(groupId, newest(entries), '?limit=1000')
    expect([rest.entries.length, rest.total_count]).toEqual([100, 100])
    expect(await unread()).toBe(0)
  })

  test('delta by offset, raised by what was given', async () => {
    const ids: string[] = []
    for (;;) {
      const { entries, total_count } = await page(path, `limit=1000&offset=${ids.length}`)
      expect(total_count).toBe(COUNT)
      if (entries.length === 0) break
      expect(entries.length <= MOST || isOneStamp(entries)).toBe(true)
      ids.push(...idsOf(entries))
    }
    expect(new Set(ids).size).toBe(COUNT)
    expect(ids).toHaveLength(COUNT)
  })

  test.each([20, 100])('history, limit %i: pages are full, as old clients need them', async (limit) => {
    const pages = await walkBack(path, limit)
    for (const entries of pages.slice(0, -1)) expect(entries.length).toBeGreaterThanOrEqual(limit)
    expect(idsOf(pages.flat())).toHaveLength(COUNT)
    expect(new Set(idsOf(pages.flat())).size).toBe(COUNT)
  })

  test('history, limit 1000: pages end early, at a stamp; every row once', async () => {
    const pages = await walkBack(path, 1000)
    expect(pages.length).toBeGreaterThan(1)
    // Never less than the 100 that everybody may count on, however long they are.
    for (const entries of pages.slice(0, -1)) expect(entries.length).toBeGreaterThanOrEqual(100)
    expect((pages[0] as Entry[]).length).toBeLessThanOrEqual(MOST + 8)
    expect(new Set(idsOf(pages.flat())).size).toBe(COUNT)
    expect(pages.flat()).toHaveLength(COUNT)
  })
})

describe('conversations with long last messages', () => {
  const CONTENT_BYTES = 64 * 1024
  const MOST = (8 * 1024 * 1024) / CONTENT_BYTES
  const COUNT = 150
  let carol: Person

  beforeAll(async () => {
    carol = await env.person('caroline')
    const groups = await Promise.all(Array.from({ length: COUNT }, () => carol.group()))
    for (const { id } of groups) await store(id, [1], [carol], CONTENT_BYTES)
  })

  test.each([130, 1000])('limit %i: pages end early, at a stamp; every one once', async (limit) => {
    const path = `users/${carol.id}/userConversations?limit=${limit}`
    const seen: string[] = []
    for (let cursor: number | undefined; ; ) {
      const { entries, total_count } = await carol.must<ListObject<Entry>>('GET', path, { cursor })
      expect(total_count).toBe(COUNT - seen.length)
      if (entries.length === 0) break
      expect(entries.length).toBeLessThanOrEqual(MOST)
      seen.push(...idsOf(entries))
      cursor = newest(entries)
    }
    expect(new Set(seen).size).toBe(COUNT)
  })
})

describe('filter_term', () => {
  test('messages by sender or type', async () => {
    const { id } = await alice.group(bob)
    await store(id, [4, 4], [alice, bob])
    const path = `sessions/${id}/messages`
    const filtered = (term: string, query = '') => page(path, `filter_term=${term}${query}`)
    expect(await filtered(alice.id)).toMatchObject({
      total_count: 4,
      entries: Array(4).fill({ sender: alice.id }),
    })
    expect(await filtered('text')).toMatchObject({ total_count: 8 })
    expect(await filtered('system')).toMatchObject({
      total_count: 2,
      entries: Array(2).fill({ type: 'system' }),
    })
    expect(await filtered('text', '&limit=1')).toMatchObject({ total_count: 8, entries: { length: 4 } })
    for (const term of ['', 'tex', 'TEXT', "'", '%25', "text' or true --"]) {
      expect(await filtered(encodeURIComponent(term))).toMatchObject({ total_count: 0, entries: [] })
    }
  })

  test('userConversations by type', async () => {
    const carol = await env.person('carol')
    await carol.p2pWith(bob)
    await carol.group(bob)
    const filtered = (term: string) => carol.pullConversations(undefined, `?filter_term=${term}`)
    expect(await filtered('p2p')).toMatchObject({ total_count: 1, entries: [{ type: 'p2p' }] })
    expect(await filtered('group')).toMatchObject({ total_count: 1, entries: [{ type: 'group' }] })
    expect(await filtered('single')).toMatchObject({ total_count: 0, entries: [] })
  })

  test('members have none', async () => {
    const { id } = await alice.group(bob)
    expect(await page(`sessions/${id}/members`, 'filter_term=nobody')).toMatchObject({ total_count: 2 })
  })
})

test('strangers page nothing', async () => {
  const { id } = await alice.group()
  for (const path of ['messages', 'messages/history', 'members']) {
    expectRefusal(await bob.call('GET', `sessions/${id}/${path}?limit=1`), 403)
  }
})

test('any batches, any limit: both walks meet every message once', async () => {
  const batches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })
  const limits = fc.record({ ahead: fc.integer({ min: 1, max: 12 }), back: fc.integer({ min: 1, max: 12 }) })
  await fc.assert(
    fc.asyncProperty(batches, limits, async (sizes, { ahead, back }) => {
      const { id } = await alice.group()
      await store(id, sizes)
      const path = `sessions/${id}/messages`
      const { entries } = await page(path, 'limit=1000')
      expect(entries).toHaveLength(1 + sizes.reduce((sum, size) => sum + size, 0))

      const forward = await walk(path, ahead)
      expectWholeStamps(forward, ahead)
      expect(forward.flat()).toEqual(entries)
      const backward = await walkBack(path, back)
      expectWholeStamps(backward, back)
      expect(idsOf(backward.flat())).toEqual(idsOf(entries).reverse())
    }),
    { numRuns: 30 },
  )
})

/** Adds `count` members, under one stamp or (`spread`) each under its own. */
async function crowd(sessionId: string, count: number, spread = false): Promise<void> {
  const { context } = env.api
  await write(context, '1', async (trx, stamp) => {
    await sql`
      with people as (
        insert into app_user (app_id, email, name, created_at, v)
        select 1, ${`crowd of ${sessionId} `} || n, 'crowd', 1, 1 from generate_series(1, ${count}) n
        returning id
      ), joined as (
        insert into session_member (session_id, user_id, role, created_at, v)
        select ${sessionId}, id, 'user', s, s
        from (select id, ${stamp}::bigint - (${spread}::boolean)::int * row_number() over () as s from people) p
        returning id, user_id, session_id, v
      )
      insert into conversation (id, user_id, session_id, read_count, joined_count, created_at, v)
      select id, user_id, session_id, 0, 0, v, v from joined`.execute(trx)
  })
}

/** Gives alice `count` more conversations, their heads under one stamp or (`spread`) each under its own. */
async function chats(count: number, spread = false): Promise<void> {
  await write(env.api.context, '1', async (trx, stamp) => {
    await sql`
      with made as (
        insert into session (app_id, type, creator_id, name, mts, created_at, v)
        select 1, 'group', ${alice.id}, 'chat', s, s, s
        from (
          select ${stamp}::bigint - (${spread}::boolean)::int * n as s from generate_series(1, ${count}) n
        ) stamps
        returning id, v
      ), head as (
        insert into session_head (session_id, message_count, v) select id, 1, v from made
      ), joined as (
        insert into session_member (session_id, user_id, role, created_at, v)
        select id, ${alice.id}, 'master', v, v from made
        returning id, user_id, session_id, v
      )
      insert into conversation (id, user_id, session_id, read_count, joined_count, created_at, v)
      select id, user_id, session_id, 0, 0, v, v from joined`.execute(trx)
  })
}
