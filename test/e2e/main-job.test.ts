import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startApart } from '../helpers/apart.js'
import { type RunningProcess, startProcess } from '../helpers/child.js'
import { createTestDatabase, type TestDatabase } from '../helpers/database.js'
import { type Device, type Person, registerPerson, stampOf } from '../helpers/person.js'
import { TEST_PROCESS_ENV } from '../helpers/test-app.js'

/** The main job, with processes as people start them: `npm start`, and `npm run api` with `npm run push`. */
interface Deployment {
  apiUrl: string
  mqttUrl: string
  wsUrl: string
}

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

async function inOneProcess(): Promise<Deployment> {
  const main = await startProcess('main.js', TEST_PROCESS_ENV)
  return deployment(main, main)
}

async function apart(): Promise<Deployment> {
  const { push, apis } = await startApart(database.url)
  return deployment(apis[0] as RunningProcess, push)
}

function deployment(api: RunningProcess, push: RunningProcess): Deployment {
  return { apiUrl: api.url, mqttUrl: push.mqttUrl, wsUrl: push.wsUrl }
}

describe.each([
  ['everything in one process', inOneProcess],
  ['api and push apart', apart],
])('%s', (_title, start) => {
  let server: Deployment
  let alice: Person
  let bob: Person
  let sessionId: string
  let device: Device
  let cursor = 0

  beforeAll(async () => {
    server = await start()
    alice = await registerPerson(server.apiUrl, 'alice')
    bob = await registerPerson(server.apiUrl, 'bob')
    sessionId = (await alice.p2pWith(bob)).id
  }, 60_000)

  async function pullAndRemember(): Promise<string[]> {
    const { entries } = await bob.pullMessages(sessionId, cursor)
    for (const entry of entries) cursor = Math.max(cursor, stampOf(entry.updatedAt))
    return entries.filter(({ type }) => type === 'text').map(({ content }) => JSON.parse(content).text)
  }

  test('bob is nudged although alice’s client never publishes, and pulls exactly what is new', async () => {
    device = await bob.connect(server.mqttUrl)
    await pullAndRemember()
    const sent = await alice.send(sessionId, 'hello bob')
    const nudge = await device.nudge(`p2p_${sessionId}`, stampOf(sent.updatedAt))
    expect(nudge).toEqual({
      cmd: 'sendMessage',
      message: { syncs: [{ type: 0 }, { type: 1, sessionId: `p2p_${sessionId}` }] },
      stamp: stampOf(sent.updatedAt),
      mts: expect.any(Number),
    })
    expect(await pullAndRemember()).toEqual(['hello bob'])
    expect(await pullAndRemember()).toEqual([])
  })

  test('the conversation list shows the message and what bob has not read', async () => {
    const before = await bob.pullConversations()
    expect(before.entries).toMatchObject([{ targetId: alice.id, name: 'alice', unread: 0 }])
    await alice.send(sessionId, 'are you there?')
    const { entries } = await bob.pullConversations(stampOf(before.entries[0]?.updatedAt ?? ''))
    expect(entries).toMatchObject([{ unread: 1, lastMessage: { sender: alice.id, type: 'text' } }])
    expect(await pullAndRemember()).toEqual(['are you there?'])
    expect((await bob.pullConversations()).entries).toMatchObject([{ unread: 0 }])
  })

  test('bob offline, then back: complete', async () => {
    await device.close()
    for (const text of ['one', 'two', 'three']) await alice.send(sessionId, text)
    device = await bob.connect(server.wsUrl)
    expect(await pullAndRemember()).toEqual(['one', 'two', 'three'])
  })

  test('a message that alice’s client announces itself, as old clients do, is acked and reaches bob', async () => {
    const phone = await alice.connect(server.wsUrl)
    const members = await alice.pullMembers(sessionId)
    const mts = Math.max(...members.entries.map(({ createdAt }) => stampOf(createdAt)))
    const message = { syncs: [{ type: 'whiteboard', content: { stroke: 7 } }] }
    phone.publish(`y2w/session/p2p_${sessionId}`, { cmd: 'sendMessage', y2wMessageId: 'm-1', mts, message })
    expect(await phone.waitFor((frame) => frame.y2wMessageId === 'm-1')).toEqual({
      y2wMessageId: 'm-1',
      returnCode: 20,
    })
    const relayed = await device.waitFor((frame) => frame.message?.syncs?.[0]?.type === 'whiteboard')
    expect(relayed).toEqual({ cmd: 'sendMessage', message })
    await phone.close()
    await device.close()
  })
})
