import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import type { Announcement, Announcer } from '../../shared/server/announcement.js'
import { createLog } from '../../shared/server/log.js'
import { createTestDatabase, type TestDatabase } from '../../test/helpers/database.js'
import { type Db, migrate } from '../database/database.js'
import { openDatabase } from '../database/open.js'
import { announce, gatherAnnouncements, ownCollectionChanged, sessionChanged } from './announce.js'
import { Drain } from './drain.js'
import { deleteTold, leaseOutbox, putOff } from './outbox.js'
import { transact } from './transact.js'

const log = createLog('test', 'silent')
let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase({ url: database.url, maxConnections: 10, timeoutMs: 10_000, isDurable: true }, log)
  await migrate(db)
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

/** A push server that is slow, or refuses, as the test wants. */
class FakeAnnouncer implements Announcer {
  readonly told: Announcement[] = []
  readonly #events = new EventEmitter()

  constructor(private readonly answer: (announcement: Announcement) => Promise<void> = async () => {}) {}

  async announce(announcement: Announcement): Promise<void> {
    this.told.push(announcement)
    this.#events.emit('told')
    await this.answer(announcement)
  }

  async until(isEnough: (told: Announcement[]) => boolean): Promise<void> {
    while (!isEnough(this.told)) await once(this.#events, 'told')
  }
}

let stopping: AbortController
let running: Promise<void>[]
beforeEach(() => {
  stopping = new AbortController()
  running = []
})
afterEach(async () => {
  stopping.abort()
  await Promise.all(running)
  await db.deleteFrom('outbox').execute()
})

function startDrain(announcer: Announcer): Drain {
  const drain = new Drain(db, announcer, log)
  running.push(drain.run(stopping.signal))
  return drain
}

const message = (id: number, stamp: number) => sessionChanged({ type: 'group', id: String(id), mts: stamp })
const change = (id: number, stamp: number) =>
  db.transaction().execute((trx) => announce(trx, stamp, [message(id, stamp)]))

async function waiting(): Promise<string[]> {
  const rows = await db.selectFrom('outbox').select(['topic', 'v']).orderBy('topic').execute()
  return rows.map(({ topic, v }) => `${topic} ${v}`)
}

/** Waits until the outbox is empty; the drains delete after they told. */
async function untilEmpty(): Promise<void> {
  while ((await waiting()).length > 0) await new Promise((resolve) => setImmediate(resolve))
}

/** Every change was told, by an announcement of its topic with at least its stamp. */
function expectTold(announcers: FakeAnnouncer[], newest: Map<string, number>): void {
  const told = new Map<string, number>()
  for (const { topic, stamp } of announcers.flatMap((announcer) => announcer.told)) {
    told.set(topic, Math.max(told.get(topic) ?? 0, stamp))
  }
  expect(told).toEqual(newest)
}

test('an announcement says where to look, and since when', async () => {
  await db.transaction().execute((trx) => announce(trx, 70, [message(5, 60), ownCollectionChanged('9', 0)]))
  const announcer = new FakeAnnouncer()
  startDrain(announcer).wake()
  await announcer.until(({ length }) => length === 2)
  expect(announcer.told).toEqual(
    expect.arrayContaining(
      [
        {
          topic: 'y2w/session/group_5',
          stamp: 70,
          mts: 60,
          syncs: [{ type: 0 }, { type: 1, sessionId: 'group_5' }],
        },
        { topic: 'y2w/user/9', stamp: 70, syncs: [{ type: 0 }] },
      ].map((expected) => expect.objectContaining(expected)),
    ),
  )
  await untilEmpty()
})

test('announcing again moves the row’s stamp on, and its mts never back', async () => {
  await change(1, 10)
  await change(1, 30)
  await db
    .transaction()
    .execute((trx) => announce(trx, 40, [sessionChanged({ type: 'group', id: '1', mts: 20 })]))
  expect(await leaseOutbox(db, 10)).toMatchObject([{ topic: 'y2w/session/group_1', stamp: 40, mts: 30 }])
})

test('I4: of two drains side by side and writers that go on, every change is told at least once', async () => {
  const slow = () => new Promise<void>((resolve) => setImmediate(resolve))
  const announcers = [new FakeAnnouncer(slow), new FakeAnnouncer(slow)]
  const drains = announcers.map(startDrain)
  const newest = new Map<string, number>()
  let stamp = 1000
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(
      [...Array(10).keys()].map(async (n) => {
        stamp += 1
        const id = (round * 7 + n) % 40
        newest.set(`y2w/session/group_${id}`, stamp)
        await change(id, stamp)
        for (const drain of drains) drain.wake()
      }),
    )
  }
  await untilEmpty()
  expectTold(announcers, newest)
})

test('I4: a row that is announced anew while it is being told is told again', async () => {
  let isFirst = true
  const announcer = new FakeAnnouncer(async () => {
    if (!isFirst) return
    isFirst = false
    await change(1, 20)
  })
  await change(1, 10)
  startDrain(announcer).wake()
  await announcer.until((told) => told.some(({ stamp }) => stamp === 20))
  expect(announcer.told.map(({ stamp }) => stamp)).toEqual([10, 20])
  await untilEmpty()
})

test('I4: what push does not take is tried again, and holds up nothing else', async () => {
  let refusals = 3
  const announcer = new FakeAnnouncer(async ({ topic }) => {
    if (topic === 'y2w/session/group_1' && refusals-- > 0) throw new Error('push is away')
  })
  await change(1, 10)
  await change(2, 11)
  startDrain(announcer).wake()
  await untilEmpty()
  const count = (id: number) =>
    announcer.told.filter(({ topic }) => topic === `y2w/session/group_${id}`).length
  expect([count(1), count(2)]).toEqual([4, 1])
})

test('nobody has to wake it: what another process left is found', async () => {
  const announcer = new FakeAnnouncer()
  startDrain(announcer)
  await change(1, 10)
  await announcer.until(({ length }) => length === 1)
})

test('a row is leased by one drain at a time', async () => {
  for (const [id, stamp] of [
    [1, 30],
    [2, 10],
    [3, 20],
  ] as const) {
    await change(id, stamp)
  }
  const stampsOf = (rows: { stamp: number }[]) => rows.map(({ stamp }) => stamp).sort()
  const first = await leaseOutbox(db, 2)
  const second = await leaseOutbox(db, 10)
  expect(first).toHaveLength(2)
  expect(stampsOf([...first, ...second])).toEqual([10, 20, 30])
  expect(await leaseOutbox(db, 10)).toEqual([])
  await putOff(db, first, 0)
  expect(stampsOf(await leaseOutbox(db, 10))).toEqual(stampsOf(first))
})

test('what was told is deleted, but not what was announced anew', async () => {
  await change(1, 10)
  await change(2, 11)
  const leased = await leaseOutbox(db, 10)
  await change(1, 20)
  await deleteTold(db, leased)
  expect(await waiting()).toEqual(['y2w/session/group_1 20'])
  // Nor is its lease touched by whoever told the old one.
  const again = await leaseOutbox(db, 10)
  expect(again).toMatchObject([{ stamp: 20 }])
  await putOff(db, leased, 0)
  expect(await leaseOutbox(db, 10)).toEqual([])
})

test('a row that push refuses, or is slow to take, holds up no other', async () => {
  for (let id = 1; id <= 600; id += 1) await change(id, id)
  const never = new Promise<void>(() => {})
  const announcer = new FakeAnnouncer(async ({ stamp }) => {
    if (stamp <= 300) throw new Error('refused')
    if (stamp <= 320) await Promise.race([never, aborted(stopping.signal)])
  })
  startDrain(announcer)
  await announcer.until((told) => told.some(({ stamp }) => stamp === 600))
  await change(1000, 1000)
  await announcer.until((told) => told.some(({ stamp }) => stamp === 1000))
})

test('rows of a drain that died are told after its lease has run out', async () => {
  await change(1, 10)
  await leaseOutbox(db, 10)
  const announcer = new FakeAnnouncer()
  const drain = startDrain(announcer)
  drain.wake()
  expect(announcer.told).toEqual([])
  // Time passes.
  await sql`update outbox set leased_until = leased_until - interval '1 minute'`.execute(db)
  drain.wake()
  await announcer.until(({ length }) => length === 1)
  await untilEmpty()
})

test('a drain that is stopped finishes what it has taken', async () => {
  let finish: () => void = () => {}
  const announcer = new FakeAnnouncer(() => new Promise((resolve) => (finish = resolve)))
  await change(1, 10)
  startDrain(announcer).wake()
  await announcer.until(({ length }) => length === 1)
  stopping.abort()
  finish()
  await Promise.all(running)
  expect(await waiting()).toEqual([])
})

test('a transaction that is rolled back announces nothing', async () => {
  await expect(
    db.transaction().execute(async (trx) => {
      await announce(trx, 10, [message(1, 10)])
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await waiting()).toEqual([])
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

test('what is announced of one session while push is being told of it comes after, others do not wait', async () => {
  let finish = () => {}
  const isSlow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const done: number[] = []
  const announcer = new FakeAnnouncer(async ({ stamp }) => {
    if (stamp === 10) await isSlow
    done.push(stamp)
  })
  const drain = startDrain(announcer)
  await change(1, 10)
  drain.wake()
  await announcer.until((told) => told.length === 1)
  await change(1, 20)
  await change(2, 30)
  drain.wake()
  await announcer.until((told) => told.some(({ stamp }) => stamp === 30))
  expect(announcer.told.map(({ stamp }) => stamp)).toEqual([10, 30])
  finish()
  await untilEmpty()
  expect(done).toEqual([30, 10, 20])
})

describe('I4: what a process writes it tells itself', () => {
  const changeBy = (drain: Drain, id: number, stamp: number) =>
    transact({ db, carrier: drain }, (trx) => announce(trx, stamp, [message(id, stamp)]))

  test('leased from the beginning, so nobody else does; when the lease ends, somebody else does', async () => {
    await db.transaction().execute((trx) => {
      gatherAnnouncements(trx)
      return announce(trx, 70, [message(5, 60)])
    })
    const announcer = new FakeAnnouncer()
    const drain = startDrain(announcer)
    drain.wake()
    await sleep(200)
    expect(announcer.told).toEqual([])
    await sql`update outbox set leased_until = clock_timestamp()`.execute(db)
    drain.wake()
    await announcer.until(({ length }) => length === 1)
    await untilEmpty()
  })

  test('after the commit, and nothing of what is rolled back', async () => {
    const announcer = new FakeAnnouncer()
    const drain = startDrain(announcer)
    const failing = transact({ db, carrier: drain }, async (trx) => {
      await announce(trx, 70, [message(5, 60)])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await changeBy(drain, 6, 80)
    await announcer.until(({ length }) => length === 1)
    await untilEmpty()
    expectTold([announcer], new Map([['y2w/session/group_6', 80]]))
  })

  test('more than can be told at a time waits its turn, beside what others have left', async () => {
    for (let id = 1; id <= 300; id += 1) await change(id, 50)
    let inFlight = 0
    let most = 0
    const announcer = new FakeAnnouncer(async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await sleep(5)
      inFlight -= 1
    })
    const drain = startDrain(announcer)
    drain.wake()
    const own = Array.from({ length: 1500 }, (_, n) => message(1001 + n, 60))
    await transact({ db, carrier: drain }, (trx) => announce(trx, 60, own))
    // Announced anew while it waits: told once, with the newest stamp.
    await transact({ db, carrier: drain }, (trx) => announce(trx, 61, own.slice(1400)))
    await untilEmpty()
    expect(most).toBeLessThanOrEqual(500)
    const left: [string, number][] = Array.from({ length: 300 }, (_, n) => [`y2w/session/group_${n + 1}`, 50])
    const written = own.map(({ topic }, n): [string, number] => [topic, n < 1400 ? 60 : 61])
    expectTold([announcer], new Map([...left, ...written]))
  })

  test('unless it has no connection to push: then it is left to whoever has', async () => {
    const alone = Object.assign(new FakeAnnouncer(), { isReachable: () => false })
    const deaf = startDrain(alone)
    await changeBy(deaf, 5, 60)
    const announcer = new FakeAnnouncer()
    startDrain(announcer).wake()
    await announcer.until(({ length }) => length === 1)
    await untilEmpty()
    expect(alone.told).toEqual([])
  })
})
