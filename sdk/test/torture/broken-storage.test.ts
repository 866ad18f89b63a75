import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { memoryStorage, type Session, type Storage, type StorageAdapter } from '../../src/index.js'
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

/** A storage that can be full: what it holds stays. */
class FullStorage {
  isFull = false
  /** What goes makes room. */
  roomAfterClear = false
  isSlow = false
  /** Writes wait for this. */
  gate: Promise<void> = Promise.resolve()
  readonly adapter: StorageAdapter
  readonly #memory = memoryStorage()

  constructor() {
    this.adapter = { ...this.#memory, open: async (name) => this.#open(await this.#memory.open(name)) }
  }

  #open(storage: Storage): Storage {
    const pause = async () => {
      if (this.isSlow) await new Promise((resolve) => setTimeout(resolve, 30))
    }
    return {
      get: (key) => pause().then(() => storage.get(key)),
      list: (range) => pause().then(() => storage.list(range)),
      write: async (writes) => {
        if (this.isFull) throw new Error('QuotaExceededError')
        await this.gate
        await storage.write(writes)
      },
      clear: async (prefix) => {
        await storage.clear(prefix)
        if (this.roomAfterClear) this.isFull = false
      },
      close: () => storage.close(),
    }
  }

  async contents(): Promise<string[]> {
    const opened = await this.#memory.open(env.url)
    return (await opened.list({ prefix: '' })).map(([key]) => key)
  }
}

let count = 0
let alice: TestClient
let disk: FullStorage
let bob: TestClient
let wire: Wire
let session: Session
let there: Session

beforeEach(async () => {
  count += 1
  disk = new FullStorage()
  wire = new Wire()
  alice = await person(env, `alice${count}`)
  bob = await person(env, `bob${count}`, { storage: disk.adapter, fetch: wire.fetch })
  session = await alice.sessions.p2p(idOf(bob))
  there = await bob.sessions.p2p(idOf(alice))
})

const say = (...words: string[]) => Promise.all(words.map((each) => session.sendText(each).whenStored()))
const heard = (words: string) => bob.next('message', ({ preview }) => preview === words)

async function again(): Promise<TestClient> {
  await bob.close()
  const next = newClient(env.url, { pushUrl: env.wsUrl, storage: disk.adapter, fetch: wire.fetch })
  await next.resume()
  await next.until('live')
  return next
}

test('a storage that becomes full: the client goes on, shows everything, and the next start is exact', async () => {
  await say('one')
  disk.isFull = true
  const three = heard('three')
  await say('two', 'three')
  await three
  expect(bob.errors).toMatchObject([{ code: 'Internal' }])
  // Opened only now: nobody but the client has what came meanwhile.
  await there.messages.open()
  expect(textsOf(there.messages)).toEqual(['one', 'two', 'three'])
  await there.sendText('four').whenStored()
  there.messages.close()
  await there.messages.open()
  expect(textsOf(there.messages)).toEqual(['one', 'two', 'three', 'four'])
  expect(bob.heard).toEqual(['one', 'two', 'three', 'four'])

  disk.isFull = false
  const next = await again()
  const session2 = next.sessions.get(session.id) as Session
  await session2.messages.open()
  expect(textsOf(session2.messages)).toEqual(['one', 'two', 'three', 'four'])
  expect(next.conversations.items.map(({ lastMessage }) => lastMessage?.preview)).toEqual(['four'])
})

test('what waits to be sent is kept once there is room again, and sent once after a reload', async () => {
  disk.isFull = true
  disk.roomAfterClear = true
  const zero = heard('zero')
  await say('zero')
  await zero
  const sending = /^POST sessions\/\d+\/messages$/
  const sent = wire.count(sending)
  wire.loseAnswers(sending, 1)
  there.sendText('one')
  there.sendText('two')
  while (wire.count(sending) === sent) await new Promise((resolve) => setTimeout(resolve, 1))
  // The first is stored, and its answer does not come.
  wire.isDown = true
  await new Promise((resolve) => setTimeout(resolve, 100))
  await bob.close()
  expect((await disk.contents()).filter((key) => key.includes('/draft/'))).toHaveLength(2)
  wire.isDown = false
  const next = await again()
  const session2 = next.sessions.get(session.id) as Session
  await session2.messages.open()
  await session2.messages.until((items) => items.filter(({ status }) => status === 'stored').length >= 4)
  expect(textsOf(session2.messages)).toEqual(['zero', 'one', 'two'])
})

test('nothing is sent before it is kept', async () => {
  let open = () => {}
  disk.gate = new Promise((resolve) => {
    open = resolve
  })
  const message = there.sendText('one')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(wire.count(/^POST sessions/)).toBe(0)
  open()
  await message.whenStored()
})

test('after logging out nothing that was under way is written or shown', async () => {
  await say('one')
  const held = wire.hold(/userConversations$/)
  const pin = bob.conversations.items[0]?.pin(true).catch(() => {})
  await held.answered
  await bob.logout()
  held.release()
  await pin
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await disk.contents()).filter((key) => key.startsWith('user/'))).toEqual([])
  expect([...bob.conversations.all]).toEqual([])
  expect(bob.errors).toEqual([])
})

test('who logs in at once after somebody else sees nothing of theirs', async () => {
  await say('one')
  await newClient(env.url).register({ ...credentialsOf(`carol${count}`), name: 'carol' })
  disk.isSlow = true
  const next = newClient(env.url, { pushUrl: env.wsUrl, storage: disk.adapter })
  await bob.close()
  await next.resume()
  // While the first one's storage is still being read.
  await next.login(credentialsOf(`carol${count}`))
  await next.until('live')
  expect(next.conversations.size).toBe(0)
  expect([...next.sessions.all]).toEqual([])
  disk.isSlow = false
  const other = await device(env, `bob${count}`)
  expect(other.conversations.size).toBe(1)
})
