import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { type Message, memoryStorage, NudgeError, type Session, text } from '../../src/index.js'
import { Sender } from '../../src/send/sender.js'
import {
  credentialsOf,
  device,
  idOf,
  newClient,
  person,
  type TestClient,
  textsOf,
} from '../helpers/clients.js'
import { Wire } from '../helpers/flaky.js'

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

const POST = /^POST sessions\/\d+\/messages$/

let count = 0
let wire: Wire
let alice: TestClient
let bob: TestClient
let session: Session

beforeEach(async () => {
  count += 1
  wire = new Wire()
  ;[alice, bob] = await Promise.all([
    person(env, `alice${count}`, { fetch: wire.fetch }),
    person(env, `bob${count}`),
  ])
  session = await alice.sessions.p2p(idOf(bob))
  await session.messages.open()
})

/** What is stored of the session, in order. */
async function stored(): Promise<string[]> {
  const { rows } = await env.api.context.db
    .selectFrom('message')
    .select(['content', 'sender_id'])
    .where('session_id', '=', session.id)
    .orderBy('seq')
    .execute()
    .then((rows) => ({ rows }))
  return rows.filter(({ sender_id }) => sender_id).map(({ content }) => JSON.parse(content).text)
}

async function bobHears(...texts: string[]): Promise<void> {
  await bob.conversations.until(([first]) => first?.lastMessage?.preview === texts.at(-1))
  const there = await bob.sessions.p2p(idOf(alice))
  await there.messages.open()
  expect(textsOf(there.messages)).toEqual(texts)
  expect(bob.heard).toEqual(texts)
}

test('answers that are lost after the server took the message: it is there once', async () => {
  wire.loseAnswers(POST, 3)
  const sent = ['one', 'two', 'three'].map((words) => session.sendText(words))
  await Promise.all(sent.map((message) => message.whenStored()))
  expect(await stored()).toEqual(['one', 'two', 'three'])
  expect(textsOf(session.messages)).toEqual(['one', 'two', 'three'])
  expect(alice.heard).toEqual(['one', 'two', 'three'])
  await bobHears('one', 'two', 'three')
})

test('the delta that brings a message before the answer to its POST settles it', async () => {
  const held = wire.hold(POST)
  const changes: Message[] = []
  alice.on('messageChanged', (message) => changes.push(message))
  const message = session.sendText('one')
  await held.answered
  await message.whenStored()
  expect(message.status).toBe('stored')
  expect(session.messages.items.at(-1)).toBe(message)
  const next = session.sendText('two')
  held.release()
  await next.whenStored()
  expect(wire.count(POST)).toBe(2)
  expect(textsOf(session.messages)).toEqual(['one', 'two'])
  expect(alice.heard).toEqual(['one', 'two'])
  expect(changes.filter((each) => each === message)).toHaveLength(1)
})

test('an answer that comes after a later edit does not bring back what was said first', async () => {
  const held = wire.hold(POST)
  const message = session.sendText('one')
  await held.answered
  await message.whenStored()
  await message.edit(text, { text: 'edited' })
  held.release()
  await session.sendText('two').whenStored()
  expect(textsOf(session.messages)).toEqual(['edited', 'two'])
  session.messages.close()
  await session.messages.open()
  expect(textsOf(session.messages)).toEqual(['edited', 'two'])
})

test('a message that is taken back is not sent', async () => {
  const message = session.sendText('never')
  // Shown, and on its way into the storage.
  await Promise.resolve()
  expect(await message.cancel()).toBe(true)
  await expect(message.whenStored()).rejects.toMatchObject({ code: 'Cancelled' })
  await session.sendText('one').whenStored()
  expect(await stored()).toEqual(['one'])
})

test.each([0, 1, 2, 3, 4, 5, 8, 12, 20])(
  'whatever moment it is taken back at, it is either sent or not (%d ticks)',
  async (ticks) => {
    const message = session.sendText('perhaps')
    for (let n = 0; n < ticks; n += 1) await Promise.resolve()
    const isCancelled = await message.cancel()
    await session.sendText('one').whenStored()
    expect(await stored()).toEqual(isCancelled ? ['one'] : ['perhaps', 'one'])
    if (isCancelled) await expect(message.whenStored()).rejects.toMatchObject({ code: 'Cancelled' })
    else await message.whenStored()
  },
)

test('texts keep their order over a reload and a clock that steps back', async () => {
  const storage = memoryStorage()
  const name = `carol${count}`
  const carol = await person(env, name, { storage, fetch: wire.fetch })
  const own = await carol.sessions.own()
  wire.isDown = true
  own.sendText('one')
  own.sendText('two')
  await carol.close()

  // As a new page has it: no memory of the last key, and an hour earlier.
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000)
  try {
    jest.resetModules()
    const { createClient } = await import('../../src/index.js')
    const again = createClient({ url: env.url, pushUrl: env.wsUrl, storage, fetch: wire.fetch })
    await again.resume()
    const there = again.sessions.get(own.id) as unknown as Session
    const three = there.sendText('three')
    clock.mockRestore()
    wire.isDown = false
    await three.whenStored()
    await there.messages.open()
    expect(textsOf(there.messages)).toEqual(['one', 'two', 'three'])
    await again.close()
  } finally {
    clock.mockRestore()
  }
})

test('sends that wait when the login ends are sent after the next login, and ask no more until then', async () => {
  const other = await device(env, `alice${count}`)
  wire.refuse(POST, 2)
  const sent = ['one', 'two'].map((words) => session.sendText(words))
  const outcomes = sent.map((message) => message.whenStored().catch(({ code }: NudgeError) => code))
  const ended = alice.next('loggedOut')
  await other.changePassword(credentialsOf(`alice${count}`).password, 'new')
  await ended
  for (const outcome of await Promise.all(outcomes))
    expect([sent[0], sent[1], 'Cancelled']).toContain(outcome)
  await alice.login({ account: `alice${count}@example.com`, password: 'new' })
  await alice.until('live')
  await bobHears('one', 'two')
  expect(await stored()).toEqual(['one', 'two'])
})

test('a login that has ended is no reason to ask again and again', async () => {
  const client = newClient(env.url)
  let asked = 0
  const draft = {
    key: 'draft/1',
    sessionId: '1',
    clientMessageId: 'a',
    type: 'text',
    content: '',
    status: 'storing',
  }
  const sender = new Sender({
    rest: {
      ask: async () => {
        asked += 1
        throw new NudgeError('InvalidToken', 'it ended', 401)
      },
    },
    outbox: { of: () => [draft], get: () => draft, sessionIds: ['1'] },
    replica: { settled: async () => {}, commit: async () => {} },
    files: client.files,
    backOff: { firstMs: 1000, maxMs: 1000 },
    prepare: async () => {},
    stored: async () => {},
    onProgress() {},
  } as never)
  sender.start()
  await new Promise((resolve) => setTimeout(resolve, 30))
  sender.stop()
  expect(asked).toBe(1)
})

describe('a message that is refused', () => {
  test('holds up no other, and can be sent again', async () => {
    const other = await person(env, `dave${count}`)
    const group = await alice.sessions.createGroup({ members: [idOf(bob), idOf(other)] })
    const there =
      (await bob.sessions.until(() => bob.sessions.get(group.id) !== undefined)) && bob.sessions.get(group.id)
    await group.members.load()
    await group.removeMember(group.members.byUser(idOf(bob)) as never)
    const refused = (there as Session).sendText('let me in')
    await expect(refused.whenStored()).rejects.toMatchObject({ code: 'NotAllowed' })
    expect(refused.status).toBe('storefailed')
    await group.addMember(idOf(bob))
    await refused.resend()
    await refused.whenStored()
    expect(refused.status).toBe('stored')
  })
})
