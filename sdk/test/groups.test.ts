import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { TestEnv } from '../../test/helpers/test-env.js'
import type { Session } from '../src/index.js'
import { device, hears, idOf, person, type TestClient, textsOf } from './helpers/clients.js'

let env: TestEnv
let alice: TestClient
let bob: TestClient
let carol: TestClient

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, carol] = (await Promise.all(['alice', 'bob', 'carol'].map((name) => person(env, name)))) as [
    TestClient,
    TestClient,
    TestClient,
  ]
})
afterAll(() => env.close())

/** The group as another client has it. */
async function at(client: TestClient, { id }: Session): Promise<Session> {
  const found = client.sessions.get(id)
  return found ?? client.next('session', (session) => session.id === id)
}

function memberOf(group: Session, client: TestClient) {
  const member = group.members.byUser(idOf(client))
  if (!member) throw new Error('is no member')
  return member
}

describe('a group', () => {
  test('is named after its members until somebody names it', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    expect(group).toMatchObject({ type: 'group', name: 'alice,bob', isNamed: false, isOver: false })
    const there = await at(bob, group)
    await group.addMember(idOf(carol))
    expect(group.name).toBe('alice,bob,carol')
    await group.update({ name: 'Team' })
    expect(group).toMatchObject({ name: 'Team', isNamed: true })
    while (there.name !== 'Team') await bob.next('session', ({ id }) => id === group.id)
    await bob.conversations.until((items) =>
      items.some(({ sessionId, name }) => sessionId === group.id && name === 'Team'),
    )
  })

  test('lists its members, who runs it first, and keeps the list up to date', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await at(bob, group)
    await there.members.load()
    expect(there.members.items.map(({ name, role }) => [name, role])).toEqual([
      ['alice', 'master'],
      ['bob', 'user'],
    ])
    const joined = bob.next('member', ({ member, isNew }) => isNew && member.name === 'carol')
    await group.addMember(idOf(carol))
    expect((await joined).session).toBe(there)
    await group.members.load()
    await group.setRole(memberOf(group, carol), 'admin')
    await there.members.until((items) => items[1]?.role === 'admin')
    expect(there.members.mts).toBe(group.members.mts)
    await group.setRole(memberOf(group, bob), 'master')
    expect(memberOf(group, alice).role).toBe('admin')
  })

  test('learns of members’ new names', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(carol)] })
    await group.members.load()
    await carol.me?.update({ name: 'Caroline' })
    await group.members.until((items) => items.some(({ name }) => name === 'Caroline'))
    await carol.me?.update({ name: 'carol' })
  })

  test('invites by e-mail', async () => {
    const group = await alice.sessions.createGroup()
    await group.members.load()
    await group.invite('dave@example.com')
    const [, invited] = group.members.items
    expect(invited).toMatchObject({ isInvited: true, userId: 'dave@example.com', name: 'dave@example.com' })
    if (invited) await group.removeMember(invited)
    expect(group.members.size).toBe(1)
  })

  test('is left: what was said stays to be read, what comes later does not', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await at(bob, group)
    await group.sendText('before').whenStored()
    await hears(bob, 'before')
    await there.leave()
    expect(there.isOver).toBe(true)
    await group.sendText('after').whenStored()
    await there.messages.open()
    expect(textsOf(there.messages)).toEqual(['before'])
    expect(bob.heard).not.toContain('after')
    await expect(there.sendText('hello?').whenStored()).rejects.toMatchObject({ code: 'NotAllowed' })
  })

  test('a member who was away learns of his removal, and of everything in between when he is added again', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await at(bob, group)
    await there.messages.open()
    await group.sendText('one').whenStored()
    await hears(bob, 'one')
    await group.members.load()
    await group.removeMember(memberOf(group, bob))
    while (!there.isOver) await bob.next('session', ({ id }) => id === group.id)
    await group.sendText('two').whenStored()
    await group.addMember(idOf(bob))
    await group.sendText('three').whenStored()
    await there.messages.until((items) => items.at(-1)?.preview === 'three')
    expect(there.isOver).toBe(false)
    expect(textsOf(there.messages)).toEqual(['one', 'two', 'three'])
    expect(bob.heard.filter((words) => ['one', 'two', 'three'].includes(words))).toEqual([
      'one',
      'two',
      'three',
    ])
  })

  test('is dissolved', async () => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await at(bob, group)
    await group.sendText('last words').whenStored()
    await hears(bob, 'last words')
    await group.dissolve()
    while (!there.isOver) await bob.next('session', ({ id }) => id === group.id)
    await bob.conversations.until((items) => !items.some(({ sessionId }) => sessionId === group.id))
    expect(group.isOver).toBe(true)
  })

  test.each<[string, (group: Session) => Promise<unknown>]>([
    ['renamed', (group) => group.update({ name: 'Mine' })],
    ['dissolved', (group) => group.dissolve()],
    ['given other roles', (group) => group.setRole(memberOf(group, bob), 'master')],
  ])('is %s by nobody but who runs it', async (_title, act) => {
    const group = await alice.sessions.createGroup({ members: [idOf(bob)] })
    const there = await at(bob, group)
    await there.members.load()
    await expect(act(there)).rejects.toMatchObject({ code: 'NotAllowed', status: 403 })
  })
})

test('one’s own devices have a session of their own', async () => {
  const tablet = await device(env, 'alice')
  const mine = await alice.sessions.own()
  expect(mine.type).toBe('single')
  await mine.sendText('remember').whenStored()
  await hears(tablet, 'remember')
  expect((await tablet.sessions.own()).id).toBe(mine.id)
  expect(bob.heard).not.toContain('remember')
})
