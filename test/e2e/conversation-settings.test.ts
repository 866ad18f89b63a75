import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { SessionObject, UserConversationObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import type { RequestOptions } from '../helpers/http.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let p2p: SessionObject
let own: UserConversationObject
let count = 0

beforeAll(async () => {
  env = await TestEnv.start()
})
beforeEach(async () => {
  count += 1
  ;[alice, bob, carol] = (await env.people(`alice${count}`, `bob${count}`, `carol${count}`)) as [
    Person,
    Person,
    Person,
  ]
  p2p = await alice.p2pWith(bob)
  await bob.send(p2p.id, 'hello')
  own = await conversation(alice, p2p.id)
})
afterAll(() => env.close())

async function conversation(person: Person, sessionId: string): Promise<UserConversationObject> {
  const { entries } = await person.pullConversations()
  return entries.find((entry) => entry.sessionId === sessionId) as UserConversationObject
}

const base = (person: Person) => `users/${person.id}/userConversations`
const at = (person: Person, { id }: { id: string }) => `${base(person)}/${id}`
const put = (person: Person, one: { id: string }, options: RequestOptions) =>
  person.must<UserConversationObject>('PUT', at(person, one), options)

describe('settings', () => {
  test('pinning, as old clients do it and as JSON', async () => {
    const { targetId, name, type } = own
    const pinned = await put(alice, own, { form: { targetId, name, type, top: 'true' } })
    expect(pinned).toEqual({ ...own, top: true, updatedAt: pinned.updatedAt })
    expect(stampOf(pinned.updatedAt)).toBeGreaterThan(stampOf(own.updatedAt))
    expect((await alice.pullConversations(stampOf(own.updatedAt))).entries).toEqual([pinned])
    expect(await alice.must('GET', at(alice, own))).toEqual(pinned)
    expect(await alice.must('GET', at(alice, own), { cursor: stampOf(pinned.updatedAt) })).toBeNull()
    expect(await put(alice, own, { json: { top: false } })).toMatchObject({ top: false })
    // The other side has settings of its own.
    expect(await conversation(bob, p2p.id)).toMatchObject({ top: false })
  })

  test('the name sent along with a pin is not taken for a name of one’s own', async () => {
    await put(alice, own, { form: { name: own.name, top: 'true' } })
    await bob.must('PUT', `users/${bob.id}`, { json: { name: 'Robert' } })
    expect(await conversation(alice, p2p.id)).toMatchObject({ name: 'Robert', top: true })
  })

  test('a name of one’s own stays until it is cleared', async () => {
    expect(await put(alice, own, { form: { name: 'Bobby<b>' } })).toMatchObject({ name: 'Bobbyb' })
    await bob.must('PUT', `users/${bob.id}`, { json: { name: 'Robert' } })
    expect(await conversation(alice, p2p.id)).toMatchObject({ name: 'Bobbyb' })
    expect(await put(alice, own, { json: { name: '' } })).toMatchObject({ name: 'Robert' })
  })

  test('a group is called what it is called', async () => {
    const group = await alice.group(bob)
    const one = await conversation(alice, group.id)
    expect(await put(alice, one, { json: { name: 'mine', top: true } })).toMatchObject({
      name: group.name,
      top: true,
    })
  })
})

describe('deleting', () => {
  test('hides it, as read, until the next message; membership stays', async () => {
    expect(await alice.must('DELETE', at(alice, own))).toEqual({})
    const [tombstone] = (await alice.pullConversations(stampOf(own.updatedAt))).entries
    expect(tombstone).toMatchObject({ id: own.id, isDelete: true, unread: 0 })
    expect(tombstone?.createdAt).toBe(tombstone?.updatedAt)
    // Again changes nothing.
    expect(await alice.must('DELETE', at(alice, own))).toEqual({})
    expect(await conversation(alice, p2p.id)).toEqual(tombstone)
    expect(await alice.pullMembers(p2p.id)).toMatchObject({ total_count: 2 })
    expect(await conversation(bob, p2p.id)).toMatchObject({ isDelete: false })

    await bob.send(p2p.id, 'again')
    expect(await conversation(alice, p2p.id)).toMatchObject({ id: own.id, isDelete: false, unread: 1 })
  })

  test('of a group one has left', async () => {
    const group = await alice.group(bob)
    const { entries } = await bob.pullMembers(group.id)
    const member = entries.find(({ userId }) => userId === bob.id)
    await bob.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
    const one = await conversation(bob, group.id)
    expect(await bob.must('DELETE', at(bob, one))).toEqual({})
    expect(await conversation(bob, group.id)).toMatchObject({ id: one.id, isDelete: true })
    await alice.send(group.id, 'after')
    expect(await conversation(bob, group.id)).toMatchObject({ isDelete: true })
  })
})

describe('opening', () => {
  test('brings a deleted one back under its id, with what it had', async () => {
    await alice.must('DELETE', at(alice, own))
    const form = { targetId: bob.id, name: 'whatever', type: 'p2p', top: 'true' }
    const back = await alice.must<UserConversationObject>('POST', base(alice), { form })
    expect(back).toMatchObject({ id: own.id, isDelete: false, top: true, name: own.name, unread: 0 })
    expect(await conversation(alice, p2p.id)).toEqual(back)
    // Open already: nothing to change.
    expect(await alice.must('POST', base(alice), { form })).toEqual(back)
  })

  test('creates the session of a pair, once for twenty requests', async () => {
    const json = { targetId: carol.id, type: 'p2p' }
    const answers = await Promise.all(
      [...Array(20).keys()].map(() => alice.must<UserConversationObject>('POST', base(alice), { json })),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(await conversation(carol, answers[0]?.sessionId as string)).toMatchObject({ targetId: alice.id })
  })

  test('a group, and one’s own devices', async () => {
    const group = await alice.group(bob)
    const one = await conversation(bob, group.id)
    await bob.must('DELETE', at(bob, one))
    const json = { targetId: group.id, name: '', type: 'group' }
    expect(await bob.must('POST', base(bob), { json })).toMatchObject({ id: one.id, isDelete: false })
    const single = await bob.must<UserConversationObject>('POST', base(bob), {
      json: { targetId: bob.id, type: 'single' },
    })
    expect(single).toMatchObject({ type: 'single', targetId: bob.id, unread: 0, isDelete: false })
    expect(single).not.toHaveProperty('lastMessage')
    expect(await conversation(bob, single.sessionId)).toEqual(single)
    await bob.must('DELETE', at(bob, single))
    expect(await conversation(bob, single.sessionId)).toMatchObject({ isDelete: true })
  })

  test.each([
    {
      title: 'a group one is not in',
      json: async () => ({ type: 'group', targetId: (await alice.group(bob)).id }),
      status: 403,
    },
    { title: 'a pair as a group', json: async () => ({ type: 'group', targetId: p2p.id }), status: 404 },
    {
      title: 'a group that is not there',
      json: async () => ({ type: 'group', targetId: '999999' }),
      status: 404,
    },
    { title: 'nobody', json: async () => ({ type: 'p2p', targetId: '999999' }), status: 404 },
    {
      title: 'oneself as somebody else',
      json: async () => ({ type: 'p2p', targetId: carol.id }),
      status: 400,
    },
    {
      title: 'somebody else’s devices',
      json: async () => ({ type: 'single', targetId: bob.id }),
      status: 400,
    },
    { title: 'no target', json: async () => ({ type: 'p2p' }), status: 400 },
    { title: 'no type', json: async () => ({ targetId: bob.id }), status: 400 },
  ])('$title is refused', async ({ json, status }) => {
    expectRefusal(await carol.call('POST', base(carol), { json: await json() }), status)
  })
})

describe('a reminder', () => {
  const remind = (person: Person, one: { id: string }, options: RequestOptions) =>
    person.must('PUT', `${at(person, one)}/unread`, options)

  test('shows unread with its text, also in a deleted conversation, until it is read', async () => {
    await alice.must('DELETE', at(alice, own))
    const admin = await administratorOf(env.url)
    const form = { unread: '3', remark: 'call <b>me' }
    expect(await admin.must('PUT', `${at(alice, own)}/unread`, { form })).toEqual({})
    const reminded = await conversation(alice, p2p.id)
    expect(reminded).toMatchObject({
      id: own.id,
      isDelete: false,
      unread: 3,
      lastMessage: { sender: 'system', type: 'system', content: '{"text":"call bme"}' },
    })
    expect(reminded.lastMessage?.createdAt).toBe(reminded.updatedAt)

    await alice.pullMessages(p2p.id)
    const read = await conversation(alice, p2p.id)
    expect(read).toMatchObject({ unread: 0, lastMessage: reminded.lastMessage })
    await bob.send(p2p.id, 'newer')
    expect(await conversation(alice, p2p.id)).toMatchObject({
      unread: 1,
      lastMessage: { content: '{"text":"newer"}' },
    })
  })

  test('without fields is one 提醒', async () => {
    await remind(alice, own, {})
    expect(await conversation(alice, p2p.id)).toMatchObject({
      unread: 1,
      lastMessage: { content: '{"text":"提醒"}' },
    })
    await bob.send(p2p.id, 'x')
    expect(await conversation(alice, p2p.id)).toMatchObject({ unread: 2 })
  })

  test('is refused where nobody could read it, and when it makes no sense', async () => {
    const group = await alice.group(bob)
    const { entries } = await bob.pullMembers(group.id)
    const member = entries.find(({ userId }) => userId === bob.id)
    await alice.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
    const one = await conversation(bob, group.id)
    expectRefusal(await bob.call('PUT', `${at(bob, one)}/unread`, { json: {} }), 403)
    for (const unread of [-1, 'many', 1.5]) {
      expectRefusal(await alice.call('PUT', `${at(alice, own)}/unread`, { json: { unread } }), 400)
    }
  })
})

describe('who may', () => {
  test.each([
    ['GET', '', {}],
    ['PUT', '', { json: { top: true } }],
    ['PUT', '/unread', { json: {} }],
    ['DELETE', '', {}],
  ] as [string, string, RequestOptions][])('%s%s: the owner only', async (method, path, options) => {
    expectRefusal(await bob.call(method, at(alice, own) + path, options), 403)
    expectRefusal(await bob.call(method, at(bob, own) + path, options), 404)
    expectRefusal(await alice.call(method, at(alice, { id: '999999' }) + path, options), 404)
    expect(await conversation(alice, p2p.id)).toEqual(own)
  })

  test('opening: the owner only', async () => {
    expectRefusal(await bob.call('POST', base(alice), { json: { targetId: bob.id, type: 'p2p' } }), 403)
  })
})

test('I4: the owner’s other devices are told', async () => {
  const device = await alice.connect(env.mqttUrl)
  const pinned = await put(alice, own, { json: { top: true } })
  await device.waitFor(
    (frame) =>
      frame.stamp >= stampOf(pinned.updatedAt) &&
      frame.message?.syncs?.some((sync: { type: number }) => sync.type === 0),
  )
  await device.close()
})

test('I1: deltas of any settings are a fresh fetch', async () => {
  const group = await bob.group(alice, carol)
  const people = [alice, bob, carol]
  const readers = people.map((person) => new Reader(person, base(person), 1))
  for (let n = 0; n < 60; n += 1) {
    const person = people[n % 3] as Person
    const { entries } = await person.pullConversations()
    const one = entries[(n * 5) % entries.length] as UserConversationObject
    const step = (n * 7) % 6
    if (step === 0) await person.must('DELETE', at(person, one))
    else if (step === 1) await put(person, one, { json: { top: n % 4 < 2, name: `name ${n}` } })
    else if (step === 2) await person.must('PUT', `${at(person, one)}/unread`, { json: { unread: n % 3 } })
    else if (step === 3) {
      await person.must('POST', base(person), { json: { targetId: one.targetId, type: one.type } })
    } else if (step === 4) await person.send(n % 2 ? group.id : one.sessionId, 'x')
    else await person.pullMessages(one.sessionId)
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
      expect(reader.repeated).toEqual([])
    }
  }
})
