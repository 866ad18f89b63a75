import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ListObject, MemberObject, SessionObject } from '../../shared/wire/objects.js'
import type { SessionEntryObject } from '../../shared/wire/sessions.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** What becomes of a group: its name, its roles, its size, its end. (yun2win.md §1.9, §1.10, §5) */

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let dave: Person

beforeAll(async () => {
  env = await TestEnv.start({ settings: { GROUP_SIZE_LIMIT: '4' } })
  const people: Person[] = []
  for (const name of ['alice', 'bob', 'carol', 'dave']) people.push(await env.person(name))
  ;[alice, bob, carol, dave] = people as [Person, Person, Person, Person]
})
afterAll(() => env.close())

const session = (person: Person, id: string) => person.must<SessionObject>('GET', `sessions/${id}`)
const rename = (person: Person, id: string, form: Record<string, string>) =>
  person.must<SessionObject>('PUT', `sessions/${id}`, { form })

async function memberOf(reader: Person, id: string, person: Person): Promise<MemberObject> {
  const { entries } = await reader.pullMembers(id)
  return entries.find(({ userId }) => userId === person.id) as MemberObject
}

async function remove(remover: Person, id: string, person: Person) {
  const member = await memberOf(remover, id, person)
  return remover.call('DELETE', `sessions/${id}/members/${member.id}`)
}

async function conversation(person: Person, id: string) {
  return (await person.pullConversations()).entries.find(({ sessionId }) => sessionId === id)
}

function adminToken(): string {
  const { tokens } = env.api.context
  return tokens.sign('admin', { app: tokens.verify('access', alice.token)?.app as string })
}

describe('a rename', () => {
  test.each(['json', 'form'] as const)(
    'as %s: the old client’s whole object; the name stays from then on',
    async (encoding) => {
      const { id } = await alice.group(bob)
      const before = await session(alice, id)
      const form = {
        name: 'the <crew>',
        secureType: 'private',
        avatarUrl: ' ',
        nameChanged: 'true',
        type: 'p2p',
        mark: '1:2',
      }
      const json = { ...form, nameChanged: true }
      const changed = await alice.must<SessionObject>(
        'PUT',
        `sessions/${id}`,
        encoding === 'form' ? { form } : { json },
      )
      expect(changed).toEqual({
        ...before,
        name: 'the crew',
        nameChanged: true,
        updatedAt: changed.updatedAt,
      })
      expect(await session(bob, id)).toEqual(changed)
      expect((await bob.pullMessages(id)).sessionUpdatedAt).toBe(changed.updatedAt)
      expect(await conversation(bob, id)).toMatchObject({ name: 'the crew', updatedAt: expect.any(String) })
      await alice.add(id, carol)
      expect(await session(bob, id)).toMatchObject({ name: 'the crew', nameChanged: true })
    },
  )

  test('without nameChanged counts all the same', async () => {
    const { id } = await alice.group(bob)
    expect(await rename(alice, id, { name: 'crew' })).toMatchObject({ name: 'crew', nameChanged: true })
  })

  test('is none when only the avatar changes: the group is still named after its members', async () => {
    const { id } = await alice.group(bob)
    const changed = await rename(alice, id, {
      name: 'alice,bob',
      avatarUrl: 'attachments/1/x',
      nameChanged: 'null',
    })
    expect(changed).toMatchObject({ name: 'alice,bob', avatarUrl: 'attachments/1/x' })
    expect(changed).not.toHaveProperty('nameChanged')
    await alice.add(id, carol)
    expect(await session(bob, id)).toMatchObject({ name: 'alice,bob,carol', avatarUrl: 'attachments/1/x' })
    expect(await rename(alice, id, { avatarUrl: ' ' })).toMatchObject({ avatarUrl: '' })
  })

  test('is taken back by nameChanged=false', async () => {
    const { id } = await alice.group(bob)
    await rename(alice, id, { name: 'crew' })
    const back = await rename(alice, id, { name: 'crew', nameChanged: 'false' })
    expect(back.name).toBe('alice,bob')
    expect(back).not.toHaveProperty('nameChanged')
  })

  test('that changes nothing moves nothing; a blank name is none', async () => {
    const { id } = await alice.group(bob)
    const before = await rename(alice, id, { name: 'crew', description: 'd' })
    expect(await rename(alice, id, { name: 'crew', description: 'd', nameChanged: 'true' })).toEqual(before)
    expect(await rename(alice, id, { name: '' })).toEqual(before)
    expectRefusal(await alice.call('PUT', `sessions/${id}`, { form: { nameChanged: 'perhaps' } }), 400)
  })

  test('is announced, and reaches nobody who was removed', async () => {
    const { id } = await alice.group(bob, carol)
    await remove(alice, id, carol)
    const frozen = await conversation(carol, id)
    const device = await bob.connect(env.mqttUrl)
    const { updatedAt } = await rename(alice, id, { name: 'crew' })
    await device.nudge(`group_${id}`, stampOf(updatedAt))
    await device.close()
    expect(await conversation(carol, id)).toEqual(frozen)
  })
})

describe('roles', () => {
  const fields = (member: MemberObject, role: string) => ({
    userId: member.userId,
    name: 'another name',
    role,
    avatarUrl: ' ',
    status: 'active',
  })
  const put = (person: Person, id: string, member: MemberObject, role: string) =>
    person.call<MemberObject>('PUT', `sessions/${id}/members/${member.id}`, { form: fields(member, role) })

  test('change without a membership change: createdAt and the mts stay', async () => {
    const { id } = await alice.group(bob)
    const before = await memberOf(alice, id, bob)
    const mts = (await env.api.memberships.find(id))?.mts
    const { body } = await put(alice, id, before, 'admin')
    expect(body).toEqual({ ...before, role: 'admin', updatedAt: body.updatedAt })
    expect(stampOf(body.updatedAt)).toBeGreaterThan(stampOf(before.updatedAt))
    expect((await env.api.memberships.find(id))?.mts).toBe(mts)
    // The message sync tells clients to look at the members again.
    expect((await bob.pullMessages(id)).sessionUpdatedAt).toBe(body.updatedAt)
    expect(await bob.must('GET', `sessions/${id}/members/${before.id}`)).toEqual(body)
  })

  test('mastership moves by the old client’s two PUTs', async () => {
    const { id } = await alice.group(bob, carol)
    const [own, next] = [await memberOf(alice, id, alice), await memberOf(alice, id, bob)]
    expect(await put(alice, id, next, 'master')).toMatchObject({ status: 200, body: { role: 'master' } })
    expect(await memberOf(carol, id, alice)).toMatchObject({ role: 'admin', createdAt: own.createdAt })
    expect(await put(alice, id, own, 'admin')).toMatchObject({ status: 200, body: { role: 'admin' } })
    expect(await memberOf(carol, id, bob)).toMatchObject({ role: 'master', createdAt: next.createdAt })
  })

  test('userId cannot be changed; a member who is gone has no role', async () => {
    const { id } = await alice.group(bob, carol)
    const member = await memberOf(alice, id, bob)
    const json = { ...fields(member, 'admin'), userId: dave.id }
    expectRefusal(await alice.call('PUT', `sessions/${id}/members/${member.id}`, { json }), 400)
    expectRefusal(await alice.call('PUT', `sessions/${id}/members/999999`, { json: {} }), 404)
    await remove(alice, id, bob)
    expectRefusal(await put(alice, id, member, 'admin'), 404)
    for (const role of ['email', 'owner']) expectRefusal(await put(alice, id, member, role), 400)
  })

  test('posting a live member again changes the role by who may, and nothing else', async () => {
    const { id } = await alice.group(bob, carol)
    const before = await memberOf(alice, id, bob)
    const post = (person: Person, role: string) =>
      person.call('POST', `sessions/${id}/members`, { form: fields(before, role) })
    expectRefusal(await post(carol, 'admin'), 403)
    expect(await post(alice, 'admin')).toMatchObject({ status: 200, body: { role: 'admin', name: 'bob' } })
    expect(await memberOf(alice, id, bob)).toMatchObject({ createdAt: before.createdAt })
    expect(await post(carol, 'admin')).toMatchObject({ status: 200 })
  })
})

describe('races', () => {
  const masters = async (reader: Person, id: string) =>
    (
      await reader.must<ListObject<MemberObject>>('GET', `sessions/${id}/members`, { token: adminToken() })
    ).entries.filter(({ role, isDelete }) => role === 'master' && !isDelete)

  test('handing over against leaving, and against being handed back', async () => {
    for (let round = 0; round < 8; round++) {
      const { id } = await alice.group(bob, carol)
      const [own, next] = [await memberOf(alice, id, alice), await memberOf(alice, id, bob)]
      const path = `sessions/${id}/members`
      const answers = await Promise.all([
        alice.call('PUT', `${path}/${next.id}`, { json: { role: 'master' } }),
        round % 2 ? alice.call('DELETE', `${path}/${own.id}`) : bob.call('DELETE', `${path}/${next.id}`),
        bob.call('PUT', `${path}/${own.id}`, { json: { role: 'master' } }),
      ])
      for (const answer of answers) if (answer.status !== 200) expectRefusal(answer)
      expect(await masters(carol, id)).toHaveLength(1)
    }
  })

  test('two who remove each other: one stays at least, and somebody is master', async () => {
    for (let round = 0; round < 6; round++) {
      const { id } = await alice.group(bob, carol)
      await alice.must('POST', `sessions/${id}/members`, { json: { userId: bob.id, role: 'master' } })
      const [first, second] = [await memberOf(carol, id, alice), await memberOf(carol, id, bob)]
      const answers = await Promise.all([
        bob.call('DELETE', `sessions/${id}/members/${first.id}`),
        alice.call('DELETE', `sessions/${id}/members/${second.id}`),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403])
      expect(await masters(carol, id)).toHaveLength(1)
    }
  })
})

describe('the size of a group', () => {
  test('is limited; who leaves makes room; a late comer is told why', async () => {
    const { id } = await alice.group(bob, carol, dave)
    const erin = await env.person('erin')
    const add = () => alice.call('POST', `sessions/${id}/members`, { json: { userId: erin.id } })
    const refused = await add()
    expectRefusal(refused, 409)
    expect(refused.body.message).toContain('4')
    expectRefusal(
      await alice.call('POST', `sessions/${id}/members/invite`, { json: { email: 'x@example.com' } }),
      409,
    )
    await remove(alice, id, dave)
    expect(await add()).toMatchObject({ status: 200 })
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json: { userId: dave.id } }), 409)
    // Who is in may be posted again.
    expect(await add()).toMatchObject({ status: 200 })
  })

  test('is kept when many come at once, and an app may have its own', async () => {
    const { id } = await alice.group()
    const guests = await env.people(...[...Array(6).keys()].map((n) => `guest${n}`))
    const { db } = env.api.context
    await db.updateTable('app').set({ group_size_limit: 3 }).execute()
    try {
      const answers = await Promise.all(
        guests.map((guest) => alice.call('POST', `sessions/${id}/members`, { json: { userId: guest.id } })),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
      expect((await env.api.memberships.find(id))?.memberIds.size).toBe(3)
    } finally {
      await db.updateTable('app').set({ group_size_limit: null }).execute()
    }
  })
})

describe('the list of sessions', () => {
  const pull = (person: Person, cursor?: number, query = '') =>
    person.must<ListObject<SessionEntryObject>>('GET', `sessions${query}`, { cursor })

  test('holds one’s own, by delta; a removal freezes a tombstone', async () => {
    const [fay, gus] = (await env.people('fay', 'gus')) as [Person, Person]
    expect(await pull(fay)).toEqual({ total_count: 0, entries: [] })
    const { id } = await fay.group(gus)
    const pair = await fay.p2pWith(gus)
    const all = await pull(gus)
    expect(all.entries.map((entry) => [entry.id, entry.isDelete])).toEqual([
      [id, false],
      [pair.id, false],
    ])
    const { isDelete, ...shown } = all.entries[0] as SessionEntryObject
    expect([isDelete, shown]).toEqual([false, await session(gus, id)])
    expect((await pull(gus, undefined, '?filter_term=p2p')).entries.map((entry) => entry.id)).toEqual([
      pair.id,
    ])
    expect((await pull(gus, undefined, '?filter_term=fay,gus')).entries.map((entry) => entry.id)).toEqual([
      id,
    ])

    await remove(fay, id, gus)
    const cursor = stampOf(all.entries.at(-1)?.updatedAt as string)
    const { entries } = await pull(gus, cursor)
    expect(entries).toMatchObject([{ id, isDelete: true, name: 'fay,gus' }])
    await rename(fay, id, { name: 'without gus', description: 'secret' })
    expect(await pull(gus, cursor)).toEqual({ total_count: 1, entries })
  })

  test('of an administrator holds the app’s', async () => {
    const { id } = await alice.group(bob)
    const { entries } = await alice.must<ListObject<SessionEntryObject>>('GET', 'sessions', {
      token: adminToken(),
    })
    expect(entries.map((entry) => entry.id)).toContain(id)
  })
})

describe('the end of a group', () => {
  test('every member’s conversation becomes a tombstone by delta, and nothing can be read', async () => {
    const { id } = await alice.group(bob, carol)
    const sent = await alice.send(id, 'hello')
    await remove(alice, id, carol)
    const frozen = await conversation(carol, id)
    const before = await conversation(bob, id)
    const device = await bob.connect(env.mqttUrl)
    const gone = await carol.connect(env.mqttUrl)

    expect(await alice.must('DELETE', `sessions/${id}`)).toEqual({})
    for (const person of [alice, bob])
      expect(await conversation(person, id)).toMatchObject({ isDelete: true })
    const delta = await bob.pullConversations(stampOf(before?.updatedAt as string))
    expect(delta.entries).toMatchObject([{ id: before?.id, isDelete: true }])
    expect(await conversation(carol, id)).toEqual(frozen)
    const own = await bob.must<ListObject<SessionEntryObject>>('GET', 'sessions')
    expect(own.entries.find((entry) => entry.id === id)).toMatchObject({ isDelete: true })

    // Told once, of the conversations only: old clients would stall at messages that are not to be had.
    const stamp = stampOf(delta.entries[0]?.updatedAt as string)
    const told = await device.waitFor((frame) => frame.cmd === 'sendMessage' && frame.stamp >= stamp)
    expect(told.message.syncs).toEqual([{ type: 0 }])
    expect(gone.frames.filter((frame) => frame.stamp >= stamp)).toEqual([])

    for (const path of ['', '/members', '/messages', '/messages/history', `/messages/${sent.id}`]) {
      expectRefusal(await bob.call('GET', `sessions/${id}${path}`), 404)
    }
    const json = { type: 'text', content: '{}' }
    expectRefusal(await bob.call('POST', `sessions/${id}/messages`, { json }), 404)
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json: { userId: carol.id } }), 404)
    expectRefusal(await alice.call('DELETE', `sessions/${id}`), 404)

    // Frames of clients are taken and dropped.
    const sender = await alice.connect(env.mqttUrl)
    const count = device.frames.length
    const mts = (await env.api.memberships.find(id))?.mts
    const frame = { cmd: 'sendMessage', y2wMessageId: 'late', mts, message: { syncs: [{ type: 0 }] } }
    sender.publish(`y2w/session/group_${id}`, frame)
    await sender.waitFor(({ y2wMessageId, returnCode }) => y2wMessageId === 'late' && returnCode === 20)
    const single = await alice.must<SessionObject>('GET', `sessions/p2p/${alice.id}/${bob.id}`)
    const last = await alice.send(single.id, 'after')
    await device.nudge(`p2p_${single.id}`, stampOf(last.updatedAt))
    const since = device.frames.slice(count)
    expect(since.filter((each) => each.stamp === undefined)).toEqual([])
    for (const each of [device, gone, sender]) await each.close()
  })

  test('races with sends: what was acknowledged came before', async () => {
    const { id } = await alice.group(bob)
    const json = { type: 'text', content: '{"text":"race"}' }
    const [, ...sends] = await Promise.all([
      alice.must('DELETE', `sessions/${id}`),
      ...[...Array(20).keys()].map(() => bob.call('POST', `sessions/${id}/messages`, { json })),
    ])
    for (const answer of sends.filter(({ status }) => status !== 200)) expectRefusal(answer, 404)
    const { db } = env.api.context
    const { v } = await db.selectFrom('session').select('v').where('id', '=', id).executeTakeFirstOrThrow()
    for (const { body } of sends.filter(({ status }) => status === 200)) {
      expect(stampOf(body.createdAt)).toBeLessThan(Number(v))
    }
  })
})
