import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openDatabase } from '../../api/database/open.js'
import { appendMessages } from '../../api/messages/store.js'
import { createClock } from '../../api/sync/clock.js'
import { createLog } from '../../shared/server/log.js'
import { startApart } from '../helpers/apart.js'
import type { RunningProcess } from '../helpers/child.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { type Person, registerPerson } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'

/**
 * I1 under a race: 12 writers over 50 sessions, two API processes on one database, transactions that hold
 * the clock for long between ones that do not, and readers that know nothing but their largest `updatedAt`.
 * With `updated_at = now()` in place of the app's clock this test fails.
 */
const WRITERS = 12
const PAIRS = 30
const GROUPS = 20
const RACE_MS = Number(process.env.TEST_RACE_MS ?? 8000)
/** On a busy machine the race goes on until there was one. */
const MESSAGES = 300

let database: TestDatabase
let apis: RunningProcess[]

beforeAll(async () => {
  database = await createTestDatabase()
  apis = (await startApart(database.url, 2)).apis
}, 60_000)

afterAll(async () => {
  for (const api of apis) await api.kill()
  await database.drop()
})

const pick = <T>(items: T[]): T => items[randomInt(items.length)] as T
const anyApi = () => pick(apis).url

test('I1: readers with max(updatedAt) cursors miss nothing and are given nothing twice', async () => {
  const [first] = apis as [RunningProcess]
  const names = [...Array(WRITERS + 4).keys()].map((n) => `person${n}`)
  const everybody = await Promise.all(names.map((name) => registerPerson(first.url, name)))
  const writers = everybody.slice(0, WRITERS)
  const guests = everybody.slice(WRITERS)

  const pairs = allPairs(writers).slice(0, PAIRS)
  const pairSessions = await Promise.all(
    pairs.map(async ([a, b]) => ({ id: (await a.p2pWith(b)).id, members: [a, b] })),
  )
  const groupSessions = await Promise.all(
    [...Array(GROUPS).keys()].map(async (n) => {
      const master = writers[n % WRITERS] as Person
      const others = writers.filter((person) => person !== master && randomInt(3) > 0)
      return { id: (await master.group(...others)).id, members: [master, ...others] }
    }),
  )
  const sessions = [...pairSessions, ...groupSessions]
  // Where the slow transactions write, much goes on besides: a row that comes late is overtaken by others.
  const hot = groupSessions[0] as (typeof groupSessions)[0]
  expect(sessions).toHaveLength(50)

  const acknowledged = new Map<string, string>()
  const sendFrom = async (person: Person) => {
    const own = sessions.filter(({ members }) => members.includes(person))
    const session = own.includes(hot) && randomInt(2) ? hot : pick(own)
    const message = await person.at(anyApi()).send(session.id, 'race')
    acknowledged.set(message.id, session.id)
  }
  const comeAndGo = async () => {
    const group = pick(groupSessions)
    const master = (group.members[0] as Person).at(anyApi())
    const member = await master.add(group.id, pick(guests))
    if (randomInt(2)) await master.must('DELETE', `sessions/${group.id}/members/${member.id}`)
  }

  const readers = [
    ...writers.slice(0, 6).map((person) => new Reader(person, `users/${person.id}/userConversations`, 4)),
    ...guests.map((person) => new Reader(person, `users/${person.id}/userConversations`, 3)),
    ...sessions
      .filter((_, n) => n % 4 === 0)
      .map(({ id, members }) => reader(members, `sessions/${id}/messages`, 5)),
    ...Array.from({ length: 4 }, () => reader(hot.members, `sessions/${hot.id}/messages`, 5)),
    ...groupSessions.slice(0, 6).map(({ id, members }) => reader(members, `sessions/${id}/members`, 2)),
  ]

  const start = Date.now()
  const isOver = () => Date.now() > start + RACE_MS && acknowledged.size >= MESSAGES
  const forAWhile = async (act: () => Promise<unknown>) => {
    while (!isOver()) await act()
  }
  await Promise.all([
    ...writers.map((person) => forAWhile(() => sendFrom(person))),
    forAWhile(comeAndGo),
    forAWhile(comeAndGo),
    holdTheClock(isOver, hot, acknowledged),
    holdTheClock(isOver, hot, acknowledged),
    ...readers.map((each) =>
      forAWhile(async () => {
        await each.pull(anyApi())
        await delay(randomInt(80))
      }),
    ),
  ])
  await pullUntilQuiet(readers)

  let lost = 0
  let repeated = 0
  let seen = 0
  for (const each of readers) {
    const oracle = await each.fresh()
    seen += oracle.size
    repeated += each.repeated.length
    for (const [id, row] of oracle) if (!isSame(each.rows.get(id), row)) lost += 1
  }
  expect({ lost, repeated }).toEqual({ lost: 0, repeated: 0 })
  expect(seen).toBeGreaterThan(readers.length)

  // And what the readers hold is every message that was acknowledged in their session.
  for (const each of readers.filter(({ path }) => path.endsWith('messages'))) {
    const sessionId = each.path.split('/')[1]
    for (const [id, where] of acknowledged) if (where === sessionId) expect(each.rows.has(id)).toBe(true)
  }
}, 120_000)

function reader(members: Person[], path: string, limit: number): Reader {
  return new Reader(pick(members), path, limit)
}

/** Reading messages changes the reader's conversations, so everybody pulls until nobody is given anything. */
async function pullUntilQuiet(readers: Reader[]): Promise<void> {
  for (let pulled = 1; pulled > 0; ) {
    pulled = 0
    for (const each of readers) pulled += await each.pull(anyApi())
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function allPairs(people: Person[]): [Person, Person][] {
  return people.flatMap((a, n) => people.slice(n + 1).map((b): [Person, Person] => [a, b]))
}

/** Slow transactions among the fast: stamped like any other, but committed only 5 to 60 ms later. */
async function holdTheClock(
  isOver: () => boolean,
  session: { id: string; members: Person[] },
  acknowledged: Map<string, string>,
): Promise<void> {
  const log = createLog('test', 'silent')
  const db = openDatabase({ url: database.url, maxConnections: 2, timeoutMs: 10_000, isDurable: true }, log)
  const clock = createClock(log)
  const senderId = (session.members[0] as Person).id
  try {
    const app = await db.selectFrom('app').select('id').executeTakeFirstOrThrow()
    while (!isOver()) {
      const stored = await db.transaction().execute(async (trx) => {
        const stamp = await clock.stamp(trx, app.id)
        await delay(randomInt(5, 60))
        return appendMessages(trx, stamp, app.id, [
          {
            sessionId: session.id,
            actorId: senderId,
            senderId,
            type: 'text',
            content: 'slow',
            clientMessageId: null,
          },
        ])
      })
      for (const { row } of stored) acknowledged.set(row.id, session.id)
      await delay(randomInt(400))
    }
  } finally {
    await db.destroy()
  }
}
