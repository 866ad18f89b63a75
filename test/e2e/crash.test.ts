import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { MessageObject } from '../../shared/wire/objects.js'
import { startApart } from '../helpers/apart.js'
import { type RunningProcess, startProcess } from '../helpers/child.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { type Person, registerPerson, stampOf } from '../helpers/person.js'
import { TEST_PROCESS_ENV } from '../helpers/test-app.js'

const SENDERS = 8
const STORM_MS = 1500

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

/** People who each have a session with bob, and send into it until the server is gone. */
class Storm {
  readonly acknowledged: MessageObject[] = []
  #attempts = 0

  private constructor(
    readonly bob: Person,
    readonly senders: { person: Person; sessionId: string }[],
  ) {}

  static async prepare(url: string): Promise<Storm> {
    const bob = await registerPerson(url, 'bob')
    const senders = await Promise.all(
      [...Array(SENDERS).keys()].map(async (n) => {
        const person = await registerPerson(url, `sender${n}`)
        return { person, sessionId: (await person.p2pWith(bob)).id }
      }),
    )
    return new Storm(bob, senders)
  }

  /** Ends when every sender has met an error: the server was killed. */
  async rage(): Promise<void> {
    await Promise.all(
      this.senders.flatMap((sender) => [this.#sendUntilFailure(sender), this.#sendUntilFailure(sender)]),
    )
  }

  async #sendUntilFailure({ person, sessionId }: Storm['senders'][number]): Promise<void> {
    for (;;) {
      const clientMessageId = `attempt-${this.#attempts++}`
      try {
        this.acknowledged.push(await person.send(sessionId, 'storm', { clientMessageId }))
      } catch {
        return
      }
    }
  }

  /** The stamp of the newest acknowledged message of each session. */
  newestStamps(): Map<string, number> {
    const newest = new Map<string, number>()
    for (const { sessionId, updatedAt } of this.acknowledged) {
      newest.set(sessionId, Math.max(newest.get(sessionId) ?? 0, stampOf(updatedAt)))
    }
    return newest
  }

  /** Every acknowledged message as it was answered, once; and no message twice. */
  async expectComplete(url: string): Promise<void> {
    const found = new Map<string, MessageObject>()
    const clientIds: string[] = []
    for (const { sessionId } of this.senders) {
      for (let cursor = 0; ; ) {
        const { entries } = await this.bob.at(url).pullMessages(sessionId, cursor, '?limit=500')
        if (entries.length === 0) break
        for (const entry of entries) {
          expect(found.has(entry.id)).toBe(false)
          found.set(entry.id, entry)
          if (entry.clientMessageId) clientIds.push(entry.clientMessageId)
          cursor = Math.max(cursor, stampOf(entry.updatedAt))
        }
      }
    }
    expect(new Set(clientIds).size).toBe(clientIds.length)
    for (const message of this.acknowledged) expect(found.get(message.id)).toEqual(message)
  }
}

async function killInTheMiddle(storm: Storm, kill: () => Promise<unknown>): Promise<void> {
  const raging = storm.rage()
  await new Promise((resolve) => setTimeout(resolve, STORM_MS))
  await kill()
  await raging
  expect(storm.acknowledged.length).toBeGreaterThan(50)
}

async function postmasterOf(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10)
}

test('I4: an API that is killed in a storm of sends leaves nothing unannounced', async () => {
  const { push, apis, restartApi } = await startApart(database.url)
  const [killed] = apis as [RunningProcess]
  const storm = await Storm.prepare(killed.url)
  const device = await storm.bob.connect(push.mqttUrl)

  await killInTheMiddle(storm, () => killed.kill('SIGKILL'))
  const restarted = await restartApi(0)

  // Bob's connection to push outlived the API: he is told of every session, up to its last message.
  for (const [sessionId, stamp] of storm.newestStamps()) await device.nudge(`p2p_${sessionId}`, stamp)
  await storm.expectComplete(restarted.url)
  await device.close()
  await restarted.kill()
  await push.kill()
}, 90_000)

test('I2: push is killed and forgets everything; nobody misses anything', async () => {
  const { push, apis, restartPush } = await startApart(database.url)
  const { url } = apis[0] as RunningProcess
  const alice = await registerPerson(url, 'alice-of-i2')
  const bob = await registerPerson(url, 'bob-of-i2')
  const sessionId = (await alice.p2pWith(bob)).id
  const before = await bob.connect(push.mqttUrl)
  const heard = await alice.send(sessionId, 'heard')
  await before.nudge(`p2p_${sessionId}`, stampOf(heard.updatedAt))
  await push.kill('SIGKILL')
  for (const text of ['while', 'push', 'is away']) await alice.send(sessionId, text)

  const { mqttUrl } = await restartPush()
  const after = await bob.connect(mqttUrl)
  const { entries } = await bob.pullMessages(sessionId, stampOf(heard.updatedAt))
  expect(entries.map(({ content }) => JSON.parse(content).text)).toEqual(['while', 'push', 'is away'])
  // The API has found push again by itself.
  const last = await alice.send(sessionId, 'and on')
  await after.nudge(`p2p_${sessionId}`, stampOf(last.updatedAt))
  await after.close()
}, 60_000)

test('I7: everything killed with -9, Postgres too: what was acknowledged is there, once', async () => {
  const killed = await startProcess('main.js', TEST_PROCESS_ENV)
  const storm = await Storm.prepare(killed.url)
  const postmaster = await postmasterOf(killed.dataDir)

  await killInTheMiddle(storm, async () => {
    process.kill(postmaster, 'SIGKILL')
    await killed.kill('SIGKILL')
  })
  const restarted = await startProcess('main.js', { ...TEST_PROCESS_ENV, DATA_DIR: killed.dataDir })

  await storm.expectComplete(restarted.url)
  // And the conversation list tells bob where to look.
  const { entries } = await storm.bob.at(restarted.url).pullConversations()
  expect(entries.map(({ sessionId }) => sessionId).sort()).toEqual(
    storm.senders.map(({ sessionId }) => sessionId).sort(),
  )
  await restarted.kill()
}, 90_000)

test('when its Postgres dies, the process ends and says why', async () => {
  const main = await startProcess('main.js', TEST_PROCESS_ENV)
  process.kill(await postmasterOf(main.dataDir), 'SIGKILL')
  expect(await main.exited).toEqual({ code: 1, signal: null })
  expect(main.output()).toContain('lost the embedded PostgreSQL')
}, 60_000)

test.each([
  ['has sent nothing', ''],
  ['has sent half of its headers', 'GET /v1/users/1 HTTP/1.1\r\nHost: x\r\n'],
  [
    'has sent half of its body',
    'POST /v1/users/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nemail=',
  ],
])(
  'SIGTERM ends a server in good order although a client %s',
  async (_title, bytes) => {
    const main = await startProcess('main.js', { ...TEST_PROCESS_ENV, DATABASE_URL: database.url })
    const socket = connect(main.ports.api, '127.0.0.1')
    await once(socket, 'connect')
    if (bytes) await new Promise((resolve) => socket.write(bytes, resolve))
    socket.on('error', () => {})
    expect(await main.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    socket.destroy()
  },
  60_000,
)

test('a server that is killed and its orphaned Postgres do not stand in the way of the next start', async () => {
  const killed = await startProcess('main.js', TEST_PROCESS_ENV)
  const storm = await Storm.prepare(killed.url)
  await killInTheMiddle(storm, () => killed.kill('SIGKILL'))
  const restarted = await startProcess('main.js', { ...TEST_PROCESS_ENV, DATA_DIR: killed.dataDir })
  await storm.expectComplete(restarted.url)
  expect(await restarted.kill('SIGTERM')).toEqual({ code: 0, signal: null })
}, 90_000)
