import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { MemberObject, MessageObject, SessionObject } from '../../shared/wire/objects.js'
import { type Person, registerPerson, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let dave: Person
let erin: Person

beforeAll(async () => {
  env = await TestEnv.start()
  const names = ['alice', 'bob', 'carol', 'dave', 'erin']
  // One after the other, so that ids are in the order of the names.
  const people: Person[] = []
  for (const name of names) people.push(await registerPerson(env.url, name))
  ;[alice, bob, carol, dave, erin] = people as [Person, Person, Person, Person, Person]
})
afterAll(() => env.close())

const times = <T>(n: number, act: (n: number) => Promise<T>) => Promise.all([...Array(n).keys()].map(act))

/** What the vendor's server answers for p2p and single sessions, exactly. (yun2win.md §1.9) */
const SESSION_KEYS = [
  'avatarUrl',
  'createdAt',
  'description',
  'id',
  'name',
  'secureType',
  'type',
  'updatedAt',
]

const textsOf = (messages: MessageObject[]) => messages.map(({ content }) => JSON.parse(content).text)
const systemTexts = async (person: Person, sessionId: string) => {
  const { entries } = await person.pullMessages(sessionId)
  return textsOf(entries.filter(({ sender, type }) => sender === 'system' && type === 'system'))
}
const mtsOf = (members: MemberObject[]) => Math.max(...members.map(({ createdAt }) => stampOf(createdAt)))

async function memberOf(reader: Person, sessionId: string, person: Person): Promise<MemberObject> {
  const { entries } = await reader.pullMembers(sessionId)
  const member = entries.find(({ userId }) => userId === person.id)
  if (!member) throw new Error(`user ${person.id} is no member of ${sessionId}`)
  return member
}

async function remove(remover: Person, sessionId: string, person: Person) {
  const { id } = await memberOf(remover, sessionId, person)
  return remover.must('DELETE', `sessions/${sessionId}/members/${id}`)
}

describe('p2p', () => {
  test('is one session, whoever asks and in whatever order', async () => {
    const [mine, yours] = [await alice.p2pWith(bob), await bob.p2pWith(alice)]
    expect(yours).toEqual(mine)
    expect(await alice.must('GET', `sessions/p2p/${bob.id}/${alice.id}`)).toEqual(mine)
    expect(await alice.must('GET', `sessions/${mine.id}`)).toEqual(mine)
    expect(Object.keys(mine).sort()).toEqual(SESSION_KEYS)
    expect(mine).toMatchObject({ type: 'p2p', secureType: 'private', description: '', avatarUrl: '' })
    const { entries, total_count } = await bob.pullMembers(mine.id)
    expect(total_count).toBe(2)
    expect(entries.map(({ userId, role, isDelete }) => ({ userId, role, isDelete }))).toEqual([
      { userId: alice.id, role: 'user', isDelete: false },
      { userId: bob.id, role: 'user', isDelete: false },
    ])
    expect(entries).toMatchObject([{ name: 'alice', status: 'active' }, { name: 'bob' }])
  })

  test('asked for 20 times at once from both sides is one session with one system message', async () => {
    const answers = await times(20, (n) => (n % 2 ? alice.p2pWith(carol) : carol.p2pWith(alice)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    const [{ id }] = answers as [SessionObject]
    const { entries } = await carol.pullMessages(id)
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({ sender: 'system', type: 'system', isDelete: false })
    expect(textsOf(entries)[0]).toEqual(expect.stringMatching(/./))
    expect((await alice.pullMembers(id)).total_count).toBe(2)
  })

  test('with oneself: one member, no message, not in the list', async () => {
    const answers = await times(5, () => dave.p2pWith(dave))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    const [{ id }] = answers as [SessionObject]
    expect(Object.keys(answers[0] as SessionObject).sort()).toEqual(SESSION_KEYS)
    expect(await dave.pullMembers(id)).toMatchObject({ total_count: 1, entries: [{ userId: dave.id }] })
    expect(await dave.pullMessages(id)).toMatchObject({ total_count: 0, entries: [] })
    await dave.send(id, 'note to self')
    expect(await dave.pullConversations()).toEqual({ total_count: 0, entries: [] })
  })

  test('of others, or with nobody', async () => {
    expectRefusal(await carol.call('GET', `sessions/p2p/${alice.id}/${bob.id}`), 403)
    expectRefusal(await carol.call('GET', `sessions/p2p/${alice.id}/999999`), 403)
    expectRefusal(await carol.call('GET', `sessions/p2p/${alice.id}/${alice.id}`), 403)
    expectRefusal(await carol.call('GET', `sessions/p2p/${carol.id}/999999`), 404)
    expectRefusal(await carol.call('GET', `sessions/p2p/999999/${carol.id}`), 404)
  })

  test('its members stay: nobody is added or removed', async () => {
    const { id } = await alice.p2pWith(bob)
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json: { userId: carol.id } }), 403)
    const member = await memberOf(alice, id, bob)
    expectRefusal(await alice.call('DELETE', `sessions/${id}/members/${member.id}`), 403)
    expectRefusal(await bob.call('DELETE', `sessions/${id}/members/${member.id}`), 403)
    expect((await alice.pullMembers(id)).total_count).toBe(2)
  })

  test('strangers neither read nor send', async () => {
    const { id } = await alice.p2pWith(bob)
    for (const path of ['', '/members', '/messages', '/messages/history']) {
      expectRefusal(await carol.call('GET', `sessions/${id}${path}`), 403)
    }
    const json = { type: 'text', content: '{}' }
    expectRefusal(await carol.call('POST', `sessions/${id}/messages`, { json }), 403)
  })
})

describe('single', () => {
  test('is one’s own: one member, no message, no conversation', async () => {
    const answers = await times(5, () => erin.must<SessionObject>('GET', `sessions/single/${erin.id}`))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    const [session] = answers as [SessionObject]
    expect(Object.keys(session).sort()).toEqual(SESSION_KEYS)
    expect(session.type).toBe('single')
    expect(await erin.pullMembers(session.id)).toMatchObject({
      total_count: 1,
      entries: [{ userId: erin.id }],
    })
    expect(await erin.pullMessages(session.id)).toMatchObject({ total_count: 0 })
    expect(await erin.pullConversations()).toEqual({ total_count: 0, entries: [] })
    // Another session than the p2p with oneself; the cursor of the request does not matter.
    expect((await erin.p2pWith(erin)).id).not.toBe(session.id)
    const again = await erin.must('GET', `sessions/single/${erin.id}`, { cursor: -2206310400000 })
    expect(again).toEqual(session)
  })

  test('of somebody else', async () => {
    expectRefusal(await alice.call('GET', `sessions/single/${erin.id}`), 403)
    expectRefusal(await alice.call('GET', 'sessions/single/999999'), 403)
  })
})

describe('a new group', () => {
  test('has no members; its creator can read it and joins first, as master', async () => {
    const fields = {
      type: 'group',
      name: 'Alice, Bob',
      avatarUrl: ' ',
      secureType: 'public',
      description: 'd',
    }
    const group = await alice.must<SessionObject>('POST', 'sessions', { form: fields })
    expect(Object.keys(group).sort()).toEqual(SESSION_KEYS)
    expect(group).toMatchObject({ name: 'Alice, Bob', avatarUrl: '', secureType: 'public', description: 'd' })
    expect(await alice.must('GET', `sessions/${group.id}`)).toEqual(group)
    expect(await alice.pullMembers(group.id)).toEqual({ total_count: 0, entries: [] })
    expectRefusal(await alice.call('GET', `sessions/${group.id}/messages`), 403)
    expectRefusal(await bob.call('GET', `sessions/${group.id}`), 403)

    const path = `sessions/${group.id}/members`
    expectRefusal(await bob.call('POST', path, { json: { userId: bob.id, role: 'master' } }), 403)
    expectRefusal(await alice.call('POST', path, { json: { userId: bob.id } }), 403)
    const first = await alice.must<MemberObject>('POST', path, { form: { userId: alice.id, role: 'master' } })
    expect(first).toMatchObject({ userId: alice.id, role: 'master', status: 'active', isDelete: false })
    expect(Object.keys(first).sort()).toEqual([
      'avatarUrl',
      'createdAt',
      'id',
      'isDelete',
      'name',
      'pinyin',
      'role',
      'status',
      'updatedAt',
      'userId',
    ])
  })

  test('that an administrator has filled is not its creator’s, who is no member', async () => {
    const { id } = await alice.must<SessionObject>('POST', 'sessions', { json: { type: 'group' } })
    const { tokens } = env.api.context
    const token = tokens.sign('admin', { app: tokens.verify('access', alice.token)?.app as string })
    const json = { userId: bob.id, role: 'master' }
    await alice.must('POST', `sessions/${id}/members`, { json, token })
    for (const path of ['', '/members', '/messages', '/messages/history']) {
      expectRefusal(await alice.call('GET', `sessions/${id}${path}`), 403)
    }
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json: { userId: alice.id } }), 403)
  })

  test('has its creator as master, whatever role was asked for', async () => {
    const { id } = await alice.must<SessionObject>('POST', 'sessions', { json: { type: 'group' } })
    const json = { userId: alice.id, role: 'user' }
    expect(await alice.must('POST', `sessions/${id}/members`, { json })).toMatchObject({ role: 'master' })
  })

  test('says who came and went, in the vendor’s words', async () => {
    const { id } = await alice.group(bob, carol)
    await remove(alice, id, bob)
    await remove(carol, id, carol)
    await alice.add(id, bob)
    expect(await systemTexts(alice, id)).toEqual([
      'alice加入群聊',
      'bob加入群聊',
      'carol加入群聊',
      'bob离开了群',
      'carol离开了群',
      'bob加入群聊',
    ])
  })

  test('is called after its first four members until somebody renames it', async () => {
    const { id } = await alice.group()
    const name = async () => (await alice.must<SessionObject>('GET', `sessions/${id}`)).name
    expect(await name()).toBe('alice')
    await alice.add(id, bob)
    expect(await name()).toBe('alice,bob')
    for (const person of [carol, dave, erin]) await alice.add(id, person)
    expect(await name()).toBe('alice,bob,carol,dave')
    await remove(alice, id, bob)
    expect(await name()).toBe('alice,carol,dave,erin')

    const { db } = env.api.context
    await db.updateTable('session').set({ name: 'ours', name_changed: true }).where('id', '=', id).execute()
    await remove(alice, id, carol)
    expect(await alice.must('GET', `sessions/${id}`)).toMatchObject({ name: 'ours', nameChanged: true })
  })
})

describe('who may add and remove', () => {
  let groupId: string
  let ids: Record<string, string>
  const everybody = () => ({ alice, bob, carol, dave, erin })
  type Name = keyof ReturnType<typeof everybody>

  // alice master, bob admin, carol user, dave removed, erin a stranger
  beforeAll(async () => {
    groupId = (await alice.group(carol, dave)).id
    await alice.must('POST', `sessions/${groupId}/members`, { json: { userId: bob.id, role: 'admin' } })
    await remove(alice, groupId, dave)
    const { entries } = await alice.pullMembers(groupId)
    ids = Object.fromEntries(entries.map(({ name, id }) => [name, id]))
  })

  const act = (name: Name, method: string, path: string, json?: unknown) =>
    everybody()[name].call(method, `sessions/${groupId}/${path}`, json ? { json } : {})

  const REMOVALS: [Name, Name][] = [
    ['bob', 'alice'],
    ['carol', 'alice'],
    ['carol', 'bob'],
    ['carol', 'dave'],
    ['dave', 'alice'],
    ['dave', 'carol'],
    ['erin', 'alice'],
    ['erin', 'carol'],
  ]
  test.each(REMOVALS)('%s may not remove %s', async (remover, member) => {
    const before = await alice.pullMembers(groupId)
    expectRefusal(await act(remover, 'DELETE', `members/${ids[member]}`), 403)
    expect(await alice.pullMembers(groupId)).toEqual(before)
  })

  const ADDITIONS: [Name, Name, string][] = [
    ['dave', 'dave', 'user'],
    ['dave', 'erin', 'user'],
    ['erin', 'erin', 'user'],
    ['erin', 'erin', 'master'],
    ['carol', 'erin', 'admin'],
    ['carol', 'erin', 'master'],
    ['bob', 'erin', 'admin'],
    ['bob', 'erin', 'master'],
    ['alice', 'erin', 'master'],
  ]
  test.each(ADDITIONS)('%s may not add %s as %s', async (adder, newcomer, role) => {
    const before = await alice.pullMembers(groupId)
    expectRefusal(await act(adder, 'POST', 'members', { userId: everybody()[newcomer].id, role }), 403)
    expect(await alice.pullMembers(groupId)).toEqual(before)
  })

  const ALLOWED: [Name, Name, string, Name][] = [
    ['alice', 'erin', 'admin', 'alice'],
    ['bob', 'erin', 'user', 'alice'],
    ['carol', 'erin', 'user', 'alice'],
    ['carol', 'erin', 'user', 'bob'],
    ['carol', 'erin', 'user', 'erin'],
  ]
  test.each(ALLOWED)('%s may add %s as %s, and %s may remove', async (adder, newcomer, role, remover) => {
    const added = await act(adder, 'POST', 'members', { userId: everybody()[newcomer].id, role })
    expect(added).toMatchObject({ status: 200, body: { role, isDelete: false } })
    const path = `members/${added.body.id}`
    expect(await act(remover, 'DELETE', path)).toMatchObject({ status: 200, body: {} })
    expect(await memberOf(alice, groupId, everybody()[newcomer])).toMatchObject({ isDelete: true })
  })

  test('nobody who does not exist', async () => {
    expectRefusal(await act('alice', 'POST', 'members', { userId: '999999' }), 404)
    expectRefusal(await act('alice', 'DELETE', 'members/999999'), 404)
    // A member of another session is none of this one.
    const other = await alice.group(erin)
    const member = await memberOf(alice, other.id, erin)
    expectRefusal(await act('alice', 'DELETE', `members/${member.id}`), 404)
  })

  test('adding who is in, and removing who is out, changes nothing', async () => {
    const before = await alice.pullMembers(groupId)
    const messages = (await alice.pullMessages(groupId)).total_count
    expect(await act('alice', 'POST', 'members', { userId: carol.id })).toMatchObject({ status: 200 })
    expect(await act('alice', 'DELETE', `members/${ids.dave}`)).toMatchObject({ status: 200, body: {} })
    expect(await act('dave', 'DELETE', `members/${ids.dave}`)).toMatchObject({ status: 200, body: {} })
    expect(await alice.pullMembers(groupId)).toEqual(before)
    expect((await alice.pullMessages(groupId)).total_count).toBe(messages)
  })

  test('20 additions of one person at once are one membership', async () => {
    const { id } = await alice.group(bob)
    const answers = await times(20, (n) => (n % 2 ? alice : bob).add(id, carol))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect((await alice.pullMembers(id)).total_count).toBe(3)
    expect(await systemTexts(alice, id)).toEqual(['alice加入群聊', 'bob加入群聊', 'carol加入群聊'])
  })

  test('20 removals of one person at once are one removal', async () => {
    const { id } = await alice.group(bob)
    const member = await memberOf(alice, id, bob)
    const answers = await times(20, (n) =>
      (n % 2 ? alice : bob).call('DELETE', `sessions/${id}/members/${member.id}`),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await systemTexts(alice, id)).toEqual(['alice加入群聊', 'bob加入群聊', 'bob离开了群'])
  })
})

describe('mts', () => {
  test('is max(createdAt) over all members, tombstones included, and grows with every change', async () => {
    const { id } = await alice.group()
    const seen: number[] = []
    const look = async () => {
      const { entries } = await alice.pullMembers(id)
      const mts = mtsOf(entries)
      seen.push(mts)
      const membership = await env.api.memberships.find(id)
      expect(membership?.mts).toBe(mts)
      expect(membership?.memberIds).toEqual(
        new Set(entries.filter(({ isDelete }) => !isDelete).map(({ userId }) => userId)),
      )
      // Whoever has the session of this answer has the members too.
      const { sessionUpdatedAt } = await alice.pullMessages(id)
      expect(stampOf(sessionUpdatedAt)).toBe(mts)
      const session = await alice.must<SessionObject>('GET', `sessions/${id}`)
      expect(session.updatedAt).toBe(sessionUpdatedAt)
    }
    await look()
    for (const person of [bob, carol, dave]) {
      await alice.add(id, person)
      await look()
    }
    await remove(alice, id, bob)
    await look()
    await remove(dave, id, dave)
    await look()
    await alice.add(id, bob)
    await look()
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  })

  test('does not move with messages or reading', async () => {
    const { id } = await alice.group(bob)
    const before = await alice.pullMembers(id)
    const { sessionUpdatedAt } = await alice.pullMessages(id)
    await alice.send(id, 'hello')
    await bob.pullMessages(id)
    expect(await alice.pullMembers(id)).toEqual(before)
    expect((await alice.pullMessages(id)).sessionUpdatedAt).toBe(sessionUpdatedAt)
  })
})

describe('leaving and coming back', () => {
  const rolesOf = async (reader: Person, id: string) => {
    const { entries } = await reader.pullMembers(id)
    return Object.fromEntries(
      entries.filter(({ isDelete }) => !isDelete).map(({ name, role }) => [name, role]),
    )
  }

  test('the master’s place goes to an administrator, else to the oldest member', async () => {
    const { id } = await alice.group(bob, carol)
    await alice.must('POST', `sessions/${id}/members`, { json: { userId: dave.id, role: 'admin' } })
    const before = await alice.pullMembers(id)
    await remove(alice, id, alice)
    expect(await rolesOf(bob, id)).toEqual({ bob: 'user', carol: 'user', dave: 'master' })
    // Both memberships changed: whoever leaves and whoever follows.
    const after = await bob.pullMembers(
      id,
      Math.max(...before.entries.map(({ updatedAt }) => stampOf(updatedAt))),
    )
    expect(after.entries.map(({ name, isDelete }) => [name, isDelete]).sort()).toEqual([
      ['alice', true],
      ['dave', false],
    ])
    expect(new Set(after.entries.map(({ createdAt }) => createdAt)).size).toBe(1)

    await remove(dave, id, dave)
    expect(await rolesOf(bob, id)).toEqual({ bob: 'master', carol: 'user' })
    await remove(bob, id, bob)
    expect(await rolesOf(carol, id)).toEqual({ carol: 'master' })
    await remove(carol, id, carol)
    expect(await rolesOf(carol, id)).toEqual({})
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json: { userId: alice.id } }), 403)
  })

  test('a former master comes back as what he is made', async () => {
    const { id } = await alice.group(bob)
    await remove(alice, id, alice)
    await bob.add(id, alice)
    expect(await rolesOf(bob, id)).toEqual({ alice: 'user', bob: 'master' })
  })

  test('I1: whoever comes back is told what changed when he left, though he pulled in between', async () => {
    const { id } = await alice.group(bob)
    const rows = new Map<string, MemberObject>()
    let cursor: number | undefined
    const pull = async () => {
      for (const row of (await alice.pullMembers(id, cursor)).entries) {
        rows.set(row.id, row)
        cursor = Math.max(cursor ?? 0, stampOf(row.updatedAt))
      }
    }
    await pull()
    // Bob becomes master under the same stamp as alice's own tombstone.
    await remove(alice, id, alice)
    await pull()
    await bob.add(id, alice)
    await pull()
    const fresh = await alice.pullMembers(id)
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(fresh.entries.map((row) => [row.id, row])))
  })

  test('a member who comes back has the ids of before', async () => {
    const { id } = await alice.group(bob)
    const conversationOf = async () => {
      const { entries } = await bob.pullConversations()
      return entries.find(({ sessionId }) => sessionId === id)
    }
    const [member, conversation] = [await memberOf(alice, id, bob), await conversationOf()]
    await remove(alice, id, bob)
    const gone = await memberOf(alice, id, bob)
    expect(gone).toMatchObject({ id: member.id, isDelete: true })
    const back = await alice.add(id, bob)
    expect(back).toMatchObject({ id: member.id, isDelete: false })
    expect((await conversationOf())?.id).toBe(conversation?.id)
    const created = [member, gone, back].map(({ createdAt }) => stampOf(createdAt))
    expect(created).toEqual([...new Set(created)].sort((a, b) => a - b))
  })

  test('I5: whoever was removed reads the session, the members and the history of before, nothing else', async () => {
    const { id } = await alice.group(bob, carol)
    await alice.send(id, 'before')
    await remove(alice, id, bob)
    await alice.send(id, 'after')

    expect(await bob.must('GET', `sessions/${id}`)).toMatchObject({ id })
    expect(await memberOf(bob, id, bob)).toMatchObject({ isDelete: true })
    for (const options of [{}, { cursor: 0 }, { cursor: 32503680000000 }]) {
      expectRefusal(await bob.call('GET', `sessions/${id}/messages`, options), 403)
    }
    for (const sender of [bob.id, 'system']) {
      const json = { sender, type: 'system', content: '{"text":"still here"}' }
      expectRefusal(await bob.call('POST', `sessions/${id}/messages`, { json }), 403)
    }
    expectRefusal(await bob.call('POST', `sessions/${id}/members`, { json: { userId: bob.id } }), 403)

    for (const cursor of [undefined, 32503680000000]) {
      const history = await bob.must<MessageObject[]>('GET', `sessions/${id}/messages/history`, { cursor })
      expect(textsOf(history)).toEqual(['before', 'carol加入群聊', 'bob加入群聊', 'alice加入群聊'])
    }
    expect(await bob.must('GET', `sessions/${id}/messages/history?limit=1`)).toHaveLength(1)
    expect(await bob.must('GET', `sessions/${id}/messages/history?offset=4`)).toEqual([])

    await alice.add(id, bob)
    expect(textsOf((await bob.pullMessages(id)).entries)).toContain('after')
  })

  test('I5: push is told of live members only', async () => {
    const { id } = await alice.group(bob, carol)
    await remove(bob, id, bob)
    const membership = await env.api.memberships.find(id)
    expect(membership?.memberIds).toEqual(new Set([alice.id, carol.id]))
  })

  test('I5: a race of removal and sends stores nothing of the removed after it', async () => {
    const { id } = await alice.group(bob)
    const member = await memberOf(alice, id, bob)
    const json = { type: 'text', content: '{"text":"race"}' }
    const [, ...sends] = await Promise.all([
      alice.must('DELETE', `sessions/${id}/members/${member.id}`),
      ...[...Array(30).keys()].map(() => bob.call('POST', `sessions/${id}/messages`, { json })),
    ])
    const removedAt = stampOf((await memberOf(alice, id, bob)).createdAt)
    const { entries } = await alice.pullMessages(id)
    const stored = entries.filter(({ sender }) => sender === bob.id)
    expect(stored).toHaveLength(sends.filter(({ status }) => status === 200).length)
    for (const { createdAt } of stored) expect(stampOf(createdAt)).toBeLessThan(removedAt)
    for (const answer of sends.filter(({ status }) => status !== 200)) expectRefusal(answer, 403)
  })
})
