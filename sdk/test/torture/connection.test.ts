import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { memoryStorage, type StatusEvent } from '../../src/index.js'
import { BackOff } from '../../src/sync/back-off.js'
import { Connection, type ConnectionOptions } from '../../src/sync/connection.js'
import { watchEnvironment } from '../../src/sync/environment.js'
import { credentialsOf, device, idOf, newClient, person, textsOf } from '../helpers/clients.js'
import { FakePush, FlakyNetwork, Wire } from '../helpers/flaky.js'
import { Random } from '../helpers/torture-random.js'

function connectionTo(push: FakePush, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    transport: push.transport,
    clientId: 'x',
    keepaliveS: 30,
    backOff: { firstMs: 1000, maxMs: 30_000 },
    address: async () => ({ url: '', username: '', password: '' }),
    catchUp: async () => {},
    onState() {},
    onFailure() {},
    onNotification() {},
    onFrame() {},
    ...options,
  })
}

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())
afterEach(() => {
  jest.useRealTimers()
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('one half of the server is away', () => {
  test('push: messages come all the same, and go out', async () => {
    const alice = await person(env, 'alice1')
    const bob = newClient(env.url, { pushUrl: 'ws://127.0.0.1:9' })
    await bob.register({ ...credentialsOf('bob1'), name: 'bob1' })
    await bob.login(credentialsOf('bob1'))
    const session = await alice.sessions.p2p(idOf(bob))
    for (const words of ['one', 'two']) {
      const heard = bob.next('message', ({ preview }) => preview === words)
      await session.sendText(words).whenStored()
      await heard
    }
    expect(bob.state).not.toBe('live')
    await (await bob.sessions.p2p(idOf(alice))).sendText('three').whenStored()
    expect(bob.heard).toEqual(['one', 'two', 'three'])
  })

  test('the API: what was announced meanwhile comes without a new connection', async () => {
    const wire = new Wire()
    const [alice, bob] = [await person(env, 'alice2'), await person(env, 'bob2', { fetch: wire.fetch })]
    const session = await alice.sessions.p2p(idOf(bob))
    const there = await bob.sessions.p2p(idOf(alice))
    const states: StatusEvent[] = []
    bob.on('status', (event) => states.push(event))
    wire.isDown = true
    await session.sendText('one').whenStored()
    const sent = there.sendText('two')
    await bob.next('sync')
    await sleep(300)
    expect([bob.state, bob.heard]).toEqual(['live', ['two']])
    const heard = bob.next('message', ({ preview }) => preview === 'one')
    wire.isDown = false
    await Promise.all([heard, sent.whenStored()])
    await there.messages.open()
    expect(textsOf(there.messages)).toEqual(['one', 'two'])
    expect(states).toEqual([])
  })
})

test('a login that is ended on the server while everything is under way: told once, and nothing crashes', async () => {
  const storage = memoryStorage()
  const network = new FlakyNetwork(new Random(1))
  const alice = await person(env, 'alice3', { storage, fetch: network.fetch })
  const own = await alice.sessions.own()
  await own.messages.open()
  network.trouble = { ...network.trouble, delayMs: 20 }
  const reasons: string[] = []
  alice.on('loggedOut', ({ reason }) => reasons.push(reason))
  const pulls = Array.from({ length: 20 }, () => own.messages.sync().catch(({ code }) => code))
  const sent = Array.from({ length: 20 }, (_, n) =>
    own
      .sendText(`${n}`)
      .whenStored()
      .catch(({ code }) => code),
  )
  const other = await device(env, 'alice3')
  await other.changePassword(credentialsOf('alice3').password, 'new')
  await alice.until('idle')
  await Promise.all([...pulls, ...sent])
  await sleep(100)
  expect(reasons).toEqual(['rejected'])
  expect(alice.errors.filter(({ status }) => status !== 401)).toEqual([])
  expect(() => own.sendText('x')).toThrow(expect.objectContaining({ code: 'NotLoggedIn' }))
})

test('kicked: stays away until it is started again, and takes the place back', async () => {
  const kicking = await TestEnv.start({ settings: { DEVICE_POLICY: 'kick' } })
  try {
    const first = await person(kicking, 'alice', { device: 'web' })
    const kicked = first.next('kicked')
    const second = await device(kicking, 'alice', { device: 'web' })
    await kicked
    expect(first.state).toBe('kicked')
    const own = await second.sessions.own()
    const secondKicked = second.next('kicked')
    // Tokens tell the time in seconds: one from this very second is none from after the kick.
    await sleep(1100)
    await first.start()
    await first.until('live')
    await secondKicked
    expect(second.state).toBe('kicked')
    // REST is open to both.
    await own.sendText('one').whenStored()
    await first.next('message', ({ preview }) => preview === 'one')
    await first.close()
    await second.close()
  } finally {
    await kicking.close()
  }
})

describe('dialling again', () => {
  test('200 connections that are lost at once do not dial in the same 100 ms', () => {
    const pauses = Array.from({ length: 200 }, () => new BackOff({ firstMs: 1000, maxMs: 30_000 }).next())
    const byTenth = new Map<number, number>()
    for (const ms of pauses) byTenth.set(Math.floor(ms / 100), (byTenth.get(Math.floor(ms / 100)) ?? 0) + 1)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1000)
    expect(byTenth.size).toBeGreaterThanOrEqual(8)
    expect(Math.max(...byTenth.values())).toBeLessThan(60)
  })

  test('pauses grow up to the longest, and begin anew', () => {
    const backOff = new BackOff({ firstMs: 1000, maxMs: 30_000 }, () => 1)
    expect(Array.from({ length: 7 }, () => backOff.next())).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ])
    backOff.reset()
    expect(backOff.next(500)).toBe(1500)
  })

  test('a server that takes connections and drops them is not dialled faster and faster', async () => {
    jest.useFakeTimers()
    const push = new FakePush()
    const connection = connectionTo(push)
    connection.start()
    for (let n = 0; n < 600; n += 1) {
      await jest.advanceTimersByTimeAsync(100)
      push.lose()
    }
    connection.stop()
    // A minute: 1 + 2 + 4 + … seconds, each a random part of it.
    const { length } = push.dials
    expect(length).toBeLessThan(25)
    await jest.advanceTimersByTimeAsync(120_000)
    expect(push.dials.length).toBe(length)
  })

  test('accepted once more while catching up: live only when the second look is over', async () => {
    const push = new FakePush()
    const looks: (() => void)[] = []
    const states: string[] = []
    const connection = connectionTo(push, {
      catchUp: () => new Promise<void>((resolve) => looks.push(resolve)),
      onState: (state: string) => states.push(state),
    })
    connection.start()
    await sleep(5)
    push.send({ returnCode: 11 })
    expect(looks).toHaveLength(2)
    looks[0]?.()
    await sleep(5)
    expect(connection.state).toBe('catchingUp')
    looks[1]?.()
    await sleep(5)
    expect(connection.state).toBe('live')
    connection.stop()
  })
})

describe('sleep', () => {
  test.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('a clock that jumps %s wakes', (_title, jump) => {
    jest.useFakeTimers()
    let wakes = 0
    const off = watchEnvironment({
      onWake: () => {
        wakes += 1
      },
      onNetworkLost() {},
    })
    jest.advanceTimersByTime(60_000)
    expect(wakes).toBe(0)
    jest.setSystemTime(Date.now() + jump)
    jest.advanceTimersByTime(10_000)
    expect(wakes).toBe(1)
    jest.advanceTimersByTime(60_000)
    expect(wakes).toBe(1)
    off()
    jest.setSystemTime(Date.now() + jump)
    jest.advanceTimersByTime(60_000)
    expect(wakes).toBe(1)
  })

  test('waking dials at once', async () => {
    const push = new FakePush()
    const connection = connectionTo(push, { backOff: { firstMs: 60_000, maxMs: 60_000 } })
    connection.start()
    await sleep(5)
    push.lose()
    expect(connection.state).toBe('offline')
    connection.wake()
    await sleep(5)
    expect([connection.state, push.dials.length]).toEqual(['live', 2])
    connection.stop()
  })
})

describe('closing', () => {
  test('is told once, and leaves no timer behind', async () => {
    const alice = await person(env, 'alice5')
    const states: string[] = []
    alice.on('status', ({ state }) => states.push(state))
    await alice.close()
    expect(states).toEqual(['idle'])
  })

  test.each(Array.from({ length: 12 }, (_, n) => n * 3))(
    'at any moment after a login (%d ticks) nothing is left that fails or writes',
    async (ticks) => {
      const storage = memoryStorage()
      const client = newClient(env.url, { pushUrl: env.wsUrl, storage })
      const account = credentialsOf(`early${ticks}`)
      await client.register({ ...account, name: 'early' })
      await client.login(account)
      for (let n = 0; n < ticks; n += 1) await new Promise(setImmediate)
      await client.close()
      await sleep(30)
      expect(client.errors).toEqual([])
      expect([...client.conversations.all, ...client.sessions.all]).toEqual([])
    },
  )

  test('reconnects leave nothing behind', async () => {
    const network = new FlakyNetwork(new Random(2))
    const alice = await person(env, 'alice6', { mqtt: network.transport })
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    for (let n = 0; n < 10; n += 1) {
      const live = alice.next('status', ({ state }) => state === 'live')
      network.cut()
      await live
    }
    expect(timers()).toBeLessThanOrEqual(before + 2)
  })
})
