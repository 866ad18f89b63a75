import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { TestEnv } from '../../../test/helpers/test-env.js'
import { type Message, memoryStorage, type Session, text } from '../../src/index.js'
import {
  credentialsOf,
  device,
  idOf,
  newClient,
  person,
  type TestClient,
  textsOf,
} from '../helpers/clients.js'
import { FakePush, FlakyNetwork, Wire } from '../helpers/flaky.js'
import { Random } from '../helpers/torture-random.js'

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

const PULL = /^GET sessions\/\d+\/messages$/
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let count = 0
let alice: TestClient
let bob: TestClient
let network: FlakyNetwork
let session: Session
let there: Session

beforeEach(async () => {
  count += 1
  network = new FlakyNetwork(new Random(count))
  alice = await person(env, `alice${count}`)
  bob = await person(env, `bob${count}`, { fetch: network.fetch, mqtt: network.transport })
  session = await alice.sessions.p2p(idOf(bob))
  there = await bob.sessions.p2p(idOf(alice))
})

async function say(where: Session, ...words: string[]): Promise<Message[]> {
  return Promise.all(words.map((each) => where.sendText(each).whenStored()))
}

/** Many at once, in order: one after the other they would take a minute. */
async function sayMany(where: Session, words: string[]): Promise<void> {
  const { appender } = env.api.context
  const rest = { sessionId: where.id, actorId: idOf(alice), senderId: idOf(alice), type: 'text' }
  await Promise.all(
    words.map((each) =>
      appender.submit('1', { ...rest, content: JSON.stringify({ text: each }), clientMessageId: null }),
    ),
  )
}

const numbered = (many: number, what = 'text') => Array.from({ length: many }, (_, n) => `${what} ${n}`)

/** Bob is away while this happens. */
async function whileAway(act: () => Promise<unknown>): Promise<void> {
  network.isRestDown = true
  network.isPushDown = true
  const lost = bob.next('status', ({ state }) => state === 'offline')
  network.cut()
  await lost
  await act()
  const live = bob.until('live')
  network.isRestDown = false
  network.isPushDown = false
  await live
}

describe('after a long absence', () => {
  test('everything is there, edits of old messages and recalls included, and each is told once', async () => {
    const old = await say(session, 'one', 'two', 'three', 'four')
    await there.messages.open()
    await there.messages.until((items) => textsOf(items).length === 4)
    const changed: (string | undefined)[] = []
    bob.on('messageChanged', ({ id }) => changed.push(id))
    await whileAway(async () => {
      await sayMany(session, numbered(30))
      await old[0]?.edit(text, { text: 'ONE' })
      await old[1]?.recall('gone')
      await old[2]?.delete()
    })
    expect(there.messages.items.slice(-33).map(({ preview }) => preview)).toEqual([
      'ONE',
      'gone',
      'four',
      ...numbered(30),
    ])
    expect(bob.heard).toEqual(['one', 'two', 'three', 'four', ...numbered(30)])
    expect(changed.sort()).toEqual([old[0]?.id, old[1]?.id, old[2]?.id].sort())
  })

  test('a message that was deleted before it came here is not told', async () => {
    await whileAway(async () => {
      const [, wrong] = await say(session, 'one', 'wrong')
      await wrong?.delete()
    })
    await there.messages.open()
    expect(textsOf(there.messages)).toEqual(['one'])
    expect(bob.heard).toEqual(['one'])
  })

  test('more than a page of messages comes in order, once each', async () => {
    await whileAway(async () => {
      for (let n = 0; n < 3; n += 1) await sayMany(session, numbered(400, `part ${n},`))
    })
    const all = [0, 1, 2].flatMap((n) => numbered(400, `part ${n},`))
    expect(bob.heard).toEqual(all)
    await there.messages.open()
    while (there.messages.hasMore) await there.messages.loadOlder(200)
    expect(textsOf(there.messages)).toEqual(all)
  })

  test.each(['single', 'p2p'])("what is said between one's own devices comes, too (%s)", async (type) => {
    const own = (client: TestClient) =>
      type === 'p2p' ? client.sessions.p2p(idOf(bob)) : client.sessions.own()
    const here = await own(bob)
    const tablet = await device(env, `bob${count}`)
    const onTablet = await own(tablet)
    const before = tablet.next('message')
    await say(here, 'before')
    await before
    await whileAway(async () => {
      await say(onTablet, 'note')
      // Until its announcement has gone by.
      await sleep(300)
    })
    expect(bob.heard).toEqual(['before', 'note'])
    expect(tablet.heard).toEqual(['before', 'note'])

    const late = await device(env, `bob${count}`)
    expect(late.heard).toEqual([])
    const heard = late.next('message')
    await say(here, 'new')
    await heard
    expect(late.heard).toEqual(['new'])
  })
})

test('a session that was never opened here is told of, message by message', async () => {
  const stranger = await person(env, `stranger${count}`)
  const first = await stranger.sessions.p2p(idOf(bob))
  const heard = bob.next('message', ({ preview }) => preview === 'second')
  await say(first, 'first', 'second')
  await heard
  expect(bob.heard).toEqual(['first', 'second'])
  expect((await heard).session?.id).toBe(first.id)
})

describe('who is put out of a group', () => {
  let group: Session
  let groupThere: Session

  beforeEach(async () => {
    group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    await bob.sessions.until(() => bob.sessions.get(group.id) !== undefined)
    groupThere = bob.sessions.get(group.id) as Session
    await group.members.load()
  })

  const remove = () => group.removeMember(group.members.byUser(idOf(bob)) as never)

  test('is told, reads what was said up to then, and gets what was said in between when he is back', async () => {
    await groupThere.messages.open()
    await say(group, 'one')
    await groupThere.messages.until((items) => textsOf(items).includes('one'))
    const over = bob.next('session', ({ isOver }) => isOver)
    await remove()
    expect((await over).id).toBe(group.id)
    expect(bob.sessions.items.map(({ id }) => id)).not.toContain(group.id)
    await say(group, 'two', 'three')
    await groupThere.messages.sync()
    expect(textsOf(groupThere.messages)).toEqual(['one'])

    await group.addMember(idOf(bob))
    await groupThere.messages.until((items) => textsOf(items).includes('three'))
    await say(group, 'four')
    await groupThere.messages.until((items) => textsOf(items).includes('four'))
    expect(textsOf(groupThere.messages)).toEqual(['one', 'two', 'three', 'four'])
    expect(bob.heard).toEqual(['one', 'two', 'three', 'four'])
    expect(groupThere.isOver).toBe(false)
  })

  test('while he is away: has what was said up to then, and nothing is told twice when he is back', async () => {
    await whileAway(async () => {
      await sayMany(group, numbered(300, 'a'))
      await sayMany(group, numbered(300, 'b'))
      await remove()
      await say(group, 'unheard')
    })
    await bob.sessions.until((sessions) => !sessions.some(({ id }) => id === group.id))
    const upTo = [...numbered(300, 'a'), ...numbered(300, 'b')]
    expect([...bob.heard].sort()).toEqual([...upTo].sort())
    await group.addMember(idOf(bob))
    await bob.next('message', ({ preview }) => preview === 'unheard')
    const last = bob.next('message', ({ preview }) => preview === 'last')
    await say(group, 'last')
    await last
    expect([...bob.heard].sort()).toEqual([...upTo, 'unheard', 'last'].sort())
    await groupThere.messages.open()
    while (groupThere.messages.hasMore) await groupThere.messages.loadOlder(100)
    expect(textsOf(groupThere.messages)).toEqual([...upTo, 'unheard', 'last'])
  })
})

describe('notifications', () => {
  /** Bob's tablet, whose push the test plays. */
  async function tabletWithFakePush() {
    const wire = new Wire()
    const push = new FakePush()
    const tablet = await device(env, `bob${count}`, { fetch: wire.fetch, mqtt: push.transport })
    const nudge = (stamp?: number) =>
      push.send({
        cmd: 'sendMessage',
        message: { syncs: [{ type: 0 }, { type: 1, sessionId: `p2p_${session.id}` }] },
        ...(stamp !== undefined && { stamp }),
      })
    return { wire, tablet, nudge }
  }

  test('what is held already is not asked for', async () => {
    const { wire, tablet, nudge } = await tabletWithFakePush()
    const [message] = await say(session, 'one')
    const stamp = message?.updatedAt as number
    const heard = tablet.next('message')
    nudge(stamp)
    await heard
    await tablet.conversations.until(([first]) => first?.lastMessage?.preview === 'one')
    await sleep(100)
    const held: number[] = []
    tablet.on('trace', (trace) => {
      if (trace.kind === 'held') held.push(trace.stamp)
    })
    const before = wire.requests.length
    nudge(stamp)
    nudge(stamp - 1)
    await sleep(100)
    expect(wire.requests.slice(before)).toEqual([])
    expect(held).toEqual([stamp, stamp, stamp - 1, stamp - 1])
  })

  test('a burst of 200 is a pull and one more, of each list', async () => {
    const { wire, nudge } = await tabletWithFakePush()
    const stampOf = (n: number) => Date.now() + 100_000 + n
    await sleep(200)
    const before = wire.requests.length
    const held = wire.hold(PULL)
    for (let n = 0; n < 100; n += 1) nudge(stampOf(n))
    await held.answered
    for (let n = 100; n < 200; n += 1) nudge(stampOf(n))
    held.release()
    await sleep(500)
    const asked = wire.requests.slice(before)
    expect(asked.filter((what) => PULL.test(what)).length).toBeLessThanOrEqual(2)
    expect(asked.filter((what) => what.endsWith('userConversations')).length).toBeLessThanOrEqual(2)
    expect(asked.length).toBeLessThanOrEqual(5)
  })
})

test('a new name of a member shows, though its announcement is overtaken by a message', async () => {
  const carol = await person(env, `carol${count}`)
  const group = await alice.sessions.createGroup({ members: [idOf(bob), idOf(carol)] })
  const push = new FakePush()
  const wire = new Wire()
  const tablet = await device(env, `bob${count}`, { mqtt: push.transport, fetch: wire.fetch })
  const onTablet = tablet.sessions.get(group.id) as Session
  await onTablet.members.load()
  await onTablet.messages.open()
  const sessionId = `group_${group.id}`
  const nudge = (stamp: number, isName = false) => {
    const syncs = [{ type: 1, sessionId }, ...(isName ? [{ type: 'members', sessionId }] : [])]
    push.send({ cmd: 'sendMessage', message: { syncs }, stamp })
  }

  for (const [n, order] of ['message first', 'name first'].entries()) {
    await carol.me?.update({ name: `Carol ${n}` })
    const named = carol.me?.updatedAt as number
    const [message] = await say(group, `text ${n}`)
    const said = message?.updatedAt as number
    for (const stamp of order === 'name first' ? [named, said] : [said, named]) {
      nudge(stamp, stamp === named)
      await onTablet.messages.until((items) => items.at(-1)?.id === message?.id)
    }
    await onTablet.members.until((members) => members.some(({ name }) => name === `Carol ${n}`))
  }

  // Messages alone are no reason to ask for members.
  await sleep(200)
  const before = wire.count(/members$/)
  for (const words of ['a', 'b', 'c']) {
    const [message] = await say(group, words)
    nudge(message?.updatedAt as number)
    await onTablet.messages.until((items) => items.at(-1)?.id === message?.id)
  }
  await sleep(100)
  expect(wire.count(/members$/)).toBe(before)
})

test('a first list of more than a page is old as a whole: no message of it is told or pulled', async () => {
  const name = `popular${count}`
  await newClient(env.url).register({ ...credentialsOf(name), name })
  const { db } = env.api.context
  const { id } = await db
    .selectFrom('app_user')
    .select('id')
    .where('email', '=', `${name}@example.com`)
    .executeTakeFirstOrThrow()
  const users = await db
    .insertInto('app_user')
    .values(
      Array.from({ length: 1100 }, (_, n) => ({
        app_id: '1',
        email: `fan${n}@example.com`,
        name: `fan${n}`,
        created_at: '1',
        v: '1',
      })) as never,
    )
    .returning('id')
    .execute()
  const { token } = (await (
    await fetch(`${env.url}/v1/users/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: `${name}@example.com`, password: credentialsOf(name).password }),
    })
  ).json()) as { token: string }
  for (let n = 0; n < users.length; n += 20) {
    await Promise.all(
      users.slice(n, n + 20).map((user) =>
        fetch(`${env.url}/v1/sessions/p2p/${id}/${user.id}`, {
          headers: { Authorization: `Bearer ${token}` },
        }),
      ),
    )
  }
  const wire = new Wire()
  const storage = memoryStorage()
  const popular = newClient(env.url, { pushUrl: env.wsUrl, fetch: wire.fetch, storage })
  const told: Message[] = []
  popular.on('message', (message) => told.push(message))
  // The second page fails once, so that the list is interrupted and goes on.
  await popular.login(credentialsOf(name))
  await popular.until('live')
  expect(popular.conversations.size).toBe(1100)
  await sleep(200)
  expect(told).toEqual([])
  expect(wire.count(PULL)).toBe(0)

  const heard = popular.next('message')
  await say(await alice.sessions.p2p(id), 'new')
  await heard
  await popular.conversations.until(([first]) => first?.lastMessage?.preview === 'new')
  expect(popular.conversations.size).toBe(1101)
}, 120_000)

describe('memory and storage stay bounded', () => {
  test('a list that is open in a busy session lets go of the oldest, and scrolls back to them', async () => {
    await there.messages.open()
    for (let n = 0; n < 6; n += 1) await sayMany(session, numbered(250, `part ${n},`))
    const all = Array.from({ length: 6 }, (_, n) => numbered(250, `part ${n},`)).flat()
    await there.messages.until((items) => items.at(-1)?.preview === all.at(-1))
    expect(there.messages.size).toBeLessThan(1000)
    expect(textsOf(there.messages)).toEqual(all.slice(-textsOf(there.messages).length))
    while (there.messages.hasMore) {
      const before = there.messages.size
      await there.messages.loadOlder(100)
      expect(there.messages.size).toBeGreaterThanOrEqual(before)
    }
    expect(textsOf(there.messages)).toEqual(all)
  })

  test('scrolling back on the server keeps what was asked for', async () => {
    for (let n = 0; n < 5; n += 1) await sayMany(session, numbered(250, `part ${n},`))
    const all = Array.from({ length: 5 }, (_, n) => numbered(250, `part ${n},`)).flat()
    const tablet = await device(env, `bob${count}`)
    const onTablet = await tablet.sessions.p2p(idOf(alice))
    await onTablet.messages.open()
    while (onTablet.messages.hasMore) {
      const before = onTablet.messages.size
      const came = await onTablet.messages.loadOlder(100)
      expect(onTablet.messages.size).toBe(before + came)
    }
    expect(textsOf(onTablet.messages)).toEqual(all)
  })

  test('the storage keeps so many of a session, counted over reloads, and the past can still be reached', async () => {
    const adapter = { ...memoryStorage(), messagesPerSession: 100 }
    const stored = await adapter.open(env.url)
    const kept = async () =>
      (await stored.list({ prefix: '' })).filter(([key]) => key.includes(`/cache-1/message/${session.id}/`))
        .length
    const open = () => newClient(env.url, { pushUrl: env.wsUrl, storage: { ...adapter } })
    let tablet = open()
    await tablet.login(credentialsOf(`bob${count}`))
    await tablet.until('live')
    const all: string[] = []
    for (let n = 0; n < 20; n += 1) {
      const words = numbered(20, `part ${n},`)
      all.push(...words)
      const heard = tablet.next('message', ({ preview }) => preview === words.at(-1))
      await sayMany(session, words)
      await heard
      // Its end is when what is too much has gone.
      await tablet.sessions.get(session.id)?.messages.sync()
      await tablet.close()
      tablet = open()
      await tablet.resume()
      await tablet.until('live')
    }
    expect(await kept()).toBeLessThanOrEqual(150)
    const onTablet = await tablet.sessions.p2p(idOf(alice))
    await onTablet.messages.open()
    while (onTablet.messages.hasMore) await onTablet.messages.loadOlder(100)
    expect(textsOf(onTablet.messages)).toEqual(all)
  }, 60_000)
})
