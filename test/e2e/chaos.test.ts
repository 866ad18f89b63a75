import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import type { Sync } from '../../shared/wire/sync-types.js'
import { type Apart, startApart } from '../helpers/apart.js'
import type { RunningProcess } from '../helpers/child.js'
import { untilComplete } from '../helpers/complete.js'
import { createPeople } from '../helpers/crowd.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { type Lane, Load } from '../helpers/load.js'
import { type Frame, type Person, stampOf } from '../helpers/person.js'
import { memoryOf } from '../helpers/process-memory.js'
import { SyncingDevice, type SyncingOptions } from '../helpers/syncing-device.js'

/**
 * Whatever happens to push, every client ends complete and memory stays bounded. Clients here pull with every
 * connect and every nudge and never by the clock, so that whatever is not told is not found (I2, I4).
 */

const LIMIT_MS = 600_000
/** That reconnect at once. 2000 take two minutes: `TEST_CHAOS_DEVICES=2000 npm test -- chaos`. A multiple of 40. */
const DEVICES = Number(process.env.TEST_CHAOS_DEVICES ?? 40)
/** For what they pull at once, on a busy machine. */
const CROWD_LIMIT_MS = 240_000
/** Writes between two blows. */
const SOME = 50

let database: TestDatabase
let db: pg.Client
let apart: Apart
let push: RunningProcess
let api: RunningProcess
let devices: SyncingDevice[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  db = new pg.Client(database.url)
  await db.connect()
  apart = await startApart(database.url)
  push = apart.push
  api = apart.apis[0] as RunningProcess
}, LIMIT_MS)
afterAll(async () => {
  await db.end()
  await database.drop()
})

// A test that fails leaves nothing behind for the next.
beforeEach(async () => {
  if (isGone(push)) push = await apart.restartPush()
  if (isGone(api)) api = await apart.restartApi(0)
})
afterEach(() => {
  push.child.kill('SIGCONT')
  for (const device of devices) device.offline()
  devices = []
})

function isGone({ child }: RunningProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

let tests = 0
function people(...names: string[]): Promise<Person[]> {
  tests += 1
  return createPeople(
    db,
    api.url,
    names.map((name) => `${name}-${tests}`),
  )
}

/** Devices that are connected and have pulled. Every other one pulls only what the nudge's stamp says is new. */
async function connectDevices(
  owners: Person[],
  howMany: number,
  options: Partial<SyncingOptions> = {},
): Promise<SyncingDevice[]> {
  const added = owners.flatMap((owner) =>
    Array.from(
      { length: howMany },
      (_, n) =>
        new SyncingDevice(owner, { mqttPort: push.ports.mqtt, trustsStamps: n % 2 === 1, ...options }),
    ),
  )
  devices.push(...added)
  for (const device of added) device.online()
  await until(() => added.every((device) => device.isConnected && device.isIdle)).catch((error) => {
    const connected = added.filter(({ isConnected }) => isConnected).length
    const idle = added.filter(({ isIdle }) => isIdle).length
    const failed = added.flatMap(({ failedPulls, problems }) => [...failedPulls, ...problems])
    throw new Error(`${connected} of ${added.length} connected, ${idle} idle; ${failed.slice(0, 3)}`, {
      cause: error,
    })
  })
  return added
}

async function until(holds: () => boolean | Promise<boolean>, limitMs = CROWD_LIMIT_MS): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`this never came true: ${holds}`)
    await sleep(20)
  }
}

/** Four people in a group, and each of them with the next one. */
async function town(): Promise<{ everybody: Person[]; lanes: Lane[] }> {
  const everybody = await people('alice', 'bob', 'carol', 'dave')
  const [alice, ...others] = everybody as [Person]
  const { id: sessionId } = await alice.group(...others)
  const lanes: Lane[] = everybody.map((person) => ({ person, sessionId, renames: person === alice }))
  for (const [n, person] of everybody.entries()) {
    const session = await person.p2pWith(everybody[(n + 1) % everybody.length] as Person)
    lanes.push({ person, sessionId: session.id })
  }
  return { everybody, lanes }
}

/** Every write that was answered is stored once (I6, I7). */
async function expectStoredOnce({ sent }: Load): Promise<void> {
  const { rows } = await db.query<{ count: string }>(
    `select count(*) from message m join unnest($1::bigint[], $2::text[]) as sent (id, said)
     on m.id = sent.id and m.client_message_id = sent.said`,
    [sent.map(({ id }) => id), sent.map(({ clientMessageId }) => clientMessageId)],
  )
  expect(Number(rows[0]?.count)).toBe(sent.length)
  const repeated = await db.query(
    `select session_id, sender_id, client_message_id from message where client_message_id is not null
     group by 1, 2, 3 having count(*) > 1`,
  )
  expect(repeated.rows).toEqual([])
}

async function outboxCount(): Promise<number> {
  const { rows } = await db.query<{ count: string }>('select count(*) from outbox')
  return Number(rows[0]?.count)
}

test(
  'I2: push is killed under load and comes back',
  async () => {
    const { everybody, lanes } = await town()
    await connectDevices(everybody, 2)
    const load = new Load(lanes, [api.url])
    await load.more(SOME)
    for (let blow = 0; blow < 2; blow += 1) {
      await push.kill('SIGKILL')
      await load.more(SOME)
      push = await apart.restartPush()
      await load.more(SOME)
      // The next blow is for devices that came back, not for those that still wait to try again.
      await until(() => devices.every(({ connects }) => connects >= blow + 2))
    }
    await load.stop()
    await untilComplete(db, devices)
    await expectStoredOnce(load)
  },
  LIMIT_MS,
)

test(
  'I4: the API is killed under load and comes back; connections to push last',
  async () => {
    const { everybody, lanes } = await town()
    await connectDevices(everybody, 2)
    const load = new Load(lanes, [api.url])
    for (let blow = 0; blow < 2; blow += 1) {
      await load.more(SOME)
      await api.kill('SIGKILL')
      api = await apart.restartApi(0)
    }
    await load.more(SOME)
    await load.stop()
    await untilComplete(db, devices)
    expect(devices.map(({ connects }) => connects)).toEqual(devices.map(() => 1))
    await expectStoredOnce(load)
  },
  LIMIT_MS,
)

test(
  'I4: the API is killed at once after its last answer',
  async () => {
    const { everybody, lanes } = await town()
    await connectDevices(everybody, 2)
    const load = new Load(lanes, [api.url])
    await load.more(SOME)
    // Nobody writes any more, so that no later announcement stands in for one that is lost.
    await load.stop()
    await api.kill('SIGKILL')
    api = await apart.restartApi(0)
    await untilComplete(db, devices)
    expect(devices.map(({ connects }) => connects)).toEqual(devices.map(() => 1))
  },
  LIMIT_MS,
)

test(
  'I2, I4: push hangs for some seconds and goes on',
  async () => {
    const { everybody, lanes } = await town()
    await connectDevices(everybody, 2)
    const load = new Load(lanes, [api.url])
    await load.more(SOME)
    push.child.kill('SIGSTOP')
    // Longer than the API waits for an ack, and than a lease in the outbox lasts.
    await sleep(7000)
    await load.more(1)
    push.child.kill('SIGCONT')
    await load.stop()
    await untilComplete(db, devices)
    expect(devices.map(({ connects }) => connects)).toEqual(devices.map(() => 1))
    await until(async () => (await outboxCount()) === 0)
  },
  LIMIT_MS,
)

test(
  'I2: sockets break at random under load',
  async () => {
    const { everybody, lanes } = await town()
    const before = await memoryOf(push.child.pid)
    await connectDevices(everybody, 6)
    const load = new Load(lanes, [api.url])
    for (let drops = 0; drops < 50; drops += 1) {
      const victim = devices[Math.floor(Math.random() * devices.length)] as SyncingDevice
      victim.drop(Math.random() < 0.5 ? 'close' : 'reset')
      await load.more(2)
    }
    await load.stop()
    await untilComplete(db, devices)
    await until(() => devices.every(({ isConnected }) => isConnected))

    for (const device of devices) device.offline()
    if (!before) return
    await until(async () => ((await memoryOf(push.child.pid))?.fileCount ?? 0) <= before.fileCount)
    expect((await memoryOf(push.child.pid))?.residentMb).toBeLessThan(before.residentMb + 100)
  },
  LIMIT_MS,
)

test(
  'slow readers in a busy group are dropped or catch up, and disturb nobody',
  async () => {
    const [alice, bob, carol, slow] = (await people('alice', 'bob', 'carol', 'slow')) as [Person, ...Person[]]
    const { id } = await alice.group(bob as Person, carol as Person, slow as Person)
    const strokes: number[][] = []
    const readers = (
      await Promise.all([0, 1, 2, 3].map((n) => connectDevices([bob as Person], 1, { onFrame: draw(n) })))
    ).flat()
    const slowOnes = await connectDevices([slow as Person], 20)
    const acks: Frame[] = []
    const [pen] = (await connectDevices([alice], 1, {
      onFrame: (frame) => frame.y2wMessageId !== undefined && acks.push(frame),
    })) as [SyncingDevice]
    const before = await memoryOf(push.child.pid)

    function draw(reader: number) {
      const drawn: number[] = []
      strokes[reader] = drawn
      return (frame: Frame) => {
        const [sync] = frame.message?.syncs ?? []
        if (sync?.type === 'whiteboard') drawn.push(sync.content.stroke)
      }
    }

    // Notifications say where to look: however many, they never fill a reader's queue.
    for (const device of slowOnes) device.stopReading()
    const load = new Load(
      [alice, bob, carol].map((person) => ({ person: person as Person, sessionId: id })),
      [api.url],
    )
    await load.more(SOME)
    const [patient, ...stuck] = slowOnes as [SyncingDevice, ...SyncingDevice[]]
    patient.readOn()
    await load.more(1)

    // Strokes are told one by one, and are too much for a reader that does not read.
    const { entries: members } = await alice.pullMembers(id)
    const mts = Math.max(...members.map(({ createdAt }) => stampOf(createdAt)))
    const count = 200
    for (let stroke = 0; stroke < count; stroke += 1) {
      const message = { syncs: [{ type: 'whiteboard', content: { stroke, line: 'x'.repeat(100_000) } }] }
      pen.publish(`y2w/session/group_${id}`, { cmd: 'sendMessage', y2wMessageId: `${stroke}`, mts, message })
      await until(() => acks.length > stroke)
    }
    await load.more(SOME)
    await load.stop()

    // The others have everything, on the connection they began with, while the stuck ones are still stuck.
    await untilComplete(db, [...readers, pen, patient])
    const inOrder = Array.from({ length: count }, (_, n) => n)
    await until(() => strokes.every((drawn) => drawn.length === count))
    expect(strokes).toEqual(readers.map(() => inOrder))
    expect(acks.map(({ returnCode }) => returnCode)).toEqual(inOrder.map(() => 20))
    expect([...readers, pen, patient].map(({ connects }) => connects)).toEqual([1, 1, 1, 1, 1, 1])

    await until(() => push.output().split('slow reader dropped').length > stuck.length)
    const peak = await memoryOf(push.child.pid)
    if (before && peak) expect(peak.peakMb).toBeLessThan(before.peakMb + 250)
    for (const device of stuck) device.readOn()
    await untilComplete(db, devices)
    expect(stuck.every(({ connects }) => connects === 2)).toBe(true)
  },
  LIMIT_MS,
)

test(
  `I2: ${DEVICES} devices reconnect at once`,
  async () => {
    const everybody = await people(...Array.from({ length: 40 }, (_, n) => `member${n}`))
    const [alice, ...others] = everybody as [Person, ...Person[]]
    const { id } = await alice.group(...others)
    const crowd = await connectDevices(everybody, DEVICES / 40, { retryMs: 1000 })
    expect(crowd).toHaveLength(DEVICES)
    await untilComplete(db, crowd)

    await alice.send(id, 'while they are here')
    await untilComplete(db, crowd)
    await push.kill('SIGKILL')
    for (const device of crowd) device.offline()
    for (const text of ['while', 'push', 'is away']) await alice.send(id, text)
    push = await apart.restartPush()
    for (const device of crowd) device.online()
    await untilComplete(db, crowd, CROWD_LIMIT_MS)
    const before = await memoryOf(push.child.pid)

    // All at once again, of the same push this time: what it held of the old connections is gone.
    for (const device of crowd) device.drop('reset')
    await alice.send(id, 'while they come back')
    await untilComplete(db, crowd, CROWD_LIMIT_MS)
    const after = await memoryOf(push.child.pid)
    if (before && after) {
      expect(after.peakMb).toBeLessThan(400)
      expect(after.residentMb).toBeLessThan(before.residentMb + 80)
      expect(after.fileCount).toBeLessThan(DEVICES + 100)
    }
    expect(crowd.flatMap(({ failedPulls }) => failedPulls)).toEqual([])
  },
  LIMIT_MS,
)

/** The line from the API to push, which can be cut. */
class Line {
  readonly #sockets = new Set<Socket>()
  #isCut = false
  private constructor(
    private readonly server: Server,
    readonly port: number,
    targetPort: () => number,
  ) {
    server.on('connection', (near) => {
      if (this.#isCut) return near.destroy()
      const far = connect(targetPort(), '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.pipe(to)
        from.on('error', () => {})
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    })
  }

  static async open(targetPort: () => number): Promise<Line> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Line(server, (server.address() as { port: number }).port, targetPort)
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.cut()
    this.server.close()
  }
}

test(
  'I4: push is out of reach for thousands of writes, and is told all in the end',
  async () => {
    let target = 0
    const line = await Line.open(() => target)
    const PUSH_URL = `mqtt://127.0.0.1:${line.port}`
    const other = await startApart(database.url, 1, { PUSH_URL })
    target = other.push.ports.mqtt
    // The outbox must be this API's alone, and push and API of the others out of it.
    await api.kill()
    await push.kill()
    push = other.push
    api = other.apis[0] as RunningProcess
    try {
      const everybody = await people(...Array.from({ length: 10 }, (_, n) => `member${n}`))
      const [alice, ...others] = everybody as [Person, ...Person[]]
      const { id: groupId } = await alice.group(...others)
      const lanes: Lane[] = everybody.map((person) => ({ person, sessionId: groupId }))
      for (const [n, person] of everybody.entries()) {
        const peer = everybody[(n + 1) % everybody.length] as Person
        lanes.push({ person, sessionId: (await person.p2pWith(peer)).id })
      }
      await connectDevices(everybody, 2)
      await until(async () => (await outboxCount()) === 0)

      line.cut()
      const load = new Load(lanes, [api.url])
      await load.more(3000)
      await load.stop()
      // Who writes to whom: the group and ten pairs.
      const { rows } = await db.query('select topic, kind from outbox order by topic')
      expect(rows).toHaveLength(11)
      expect(new Set(rows.map(({ topic }) => topic)).size).toBe(11)

      const apiBefore = await memoryOf(api.child.pid)
      line.mend()
      const tookMs = await untilComplete(db, devices, 20_000)
      await until(async () => (await outboxCount()) === 0)
      expect(tookMs).toBeLessThan(20_000)
      // Their connections have lasted: it was the nudges that made them look.
      expect(devices.map(({ connects }) => connects)).toEqual(devices.map(() => 1))
      const apiAfter = await memoryOf(api.child.pid)
      if (apiBefore && apiAfter) expect(apiAfter.residentMb).toBeLessThan(apiBefore.residentMb + 150)
    } finally {
      line.close()
      for (const device of devices) device.offline()
      await api.kill()
      await push.kill()
      push = apart.push
      api = apart.apis[0] as RunningProcess
    }
  },
  LIMIT_MS,
)

test(
  'I4, I5: several APIs drain one outbox: every member is told, and nobody else',
  async () => {
    await api.kill()
    await push.kill()
    const several = await startApart(database.url, 3)
    push = several.push
    api = several.apis[0] as RunningProcess
    const apis = several.apis
    try {
      const everybody = await people('alice', 'bob', 'carol', 'dave', 'eve', 'mallory')
      const [alice, bob, carol, dave, eve, mallory] = everybody as [
        Person,
        Person,
        Person,
        Person,
        Person,
        Person,
      ]
      const groups = [await alice.group(bob, carol, dave), await dave.group(eve, carol)]
      const pairs = [await alice.p2pWith(bob), await eve.p2pWith(dave)]
      const insiders = new Map([
        [`group_${groups[0]?.id}`, [alice, bob, carol, dave]],
        [`group_${groups[1]?.id}`, [dave, eve, carol]],
        [`p2p_${pairs[0]?.id}`, [alice, bob]],
        [`p2p_${pairs[1]?.id}`, [eve, dave]],
      ])

      /** Who was told of what, up to which stamp. */
      const told = new Map<string, number>()
      for (const [n, owner] of everybody.entries()) {
        const onFrame = (frame: Frame) => {
          for (const { sessionId } of (frame.message?.syncs ?? []) as Sync[]) {
            const key = `${owner.id} ${sessionId}`
            if (sessionId) told.set(key, Math.max(told.get(key) ?? 0, frame.stamp))
          }
        }
        await connectDevices([owner.at((apis[n % 2] as RunningProcess).url)], 2, { onFrame })
      }

      const lanes: Lane[] = [...insiders].flatMap(([ref, members]) =>
        members
          .filter((member) => member !== carol)
          .map((person) => ({ person, sessionId: ref.split('_')[1] as string })),
      )
      const urls = apis.map(({ url }) => url)
      const load = new Load([...lanes, ...lanes], urls)
      await load.more(SOME)

      // Carol is put out of the first group by way of an API that push does not ask.
      const { entries } = await alice.pullMembers(groups[0]?.id as string)
      const own = entries.find(({ userId }) => userId === carol.id)
      await alice.at(urls[1] as string).must('DELETE', `sessions/${groups[0]?.id}/members/${own?.id}`)
      const { rows } = await db.query<{ v: string }>(
        'select created_at as v from session_member where id = $1',
        [own?.id],
      )
      const removedAt = Number(rows[0]?.v)
      await load.more(SOME)
      // One of them dies with announcements in its hands.
      await (apis[2] as RunningProcess).kill('SIGKILL')
      await load.more(SOME)
      await load.stop()
      await untilComplete(db, devices)
      await until(async () => (await outboxCount()) === 0)

      const newest = new Map<string, number>()
      for (const { sessionId, updatedAt } of load.sent) {
        newest.set(sessionId, Math.max(newest.get(sessionId) ?? 0, stampOf(updatedAt)))
      }
      for (const [ref, members] of insiders) {
        const stamp = newest.get(ref.split('_')[1] as string) as number
        for (const person of everybody) {
          const heard = told.get(`${person.id} ${ref}`)
          const facts = { ref, person: person.login.id, heard, removedAt, stamp }
          if (!members.includes(person)) expect({ ...facts, heard }).toEqual({ ...facts, heard: undefined })
          else if (person === carol && ref === `group_${groups[0]?.id}`) {
            expect({ ...facts, late: (heard ?? 0) > removedAt }).toEqual({ ...facts, late: false })
          } else expect({ ...facts, isTold: (heard ?? 0) >= stamp }).toEqual({ ...facts, isTold: true })
        }
      }
      expect([...told.keys()].some((key) => key.startsWith(`${mallory.id} `))).toBe(false)
    } finally {
      for (const device of devices) device.offline()
      await Promise.all([...apis, push].map((each) => each.kill()))
      push = apart.push
      api = apart.apis[0] as RunningProcess
    }
  },
  LIMIT_MS,
)
