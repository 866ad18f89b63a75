import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { UserSessionObject } from '../../shared/wire/favourites.js'
import type { ListObject, MemberObject, UserConversationObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** What changes nothing takes no stamp, so it keeps no writer of the app waiting, and nobody is told. */

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person
let gone: Person
let groupId: string
let member: MemberObject
let removed: MemberObject
let contact: { id: string }
let dropped: { id: string }
let favourite: UserSessionObject
let conversation: UserConversationObject
let unfavoured: UserSessionObject

beforeAll(async () => {
  env = await TestEnv.start()
  admin = await administratorOf(env.url)
  ;[alice, bob, gone] = (await env.people('alice', 'bob', 'gone')) as [Person, Person, Person]
  const carol = await env.person('carol')
  groupId = (await alice.group(bob, carol)).id
  const own = `users/${alice.id}`
  contact = await alice.must('POST', `${own}/contacts`, { json: { userId: bob.id } })
  await alice.must('PUT', `${own}/contacts/${contact.id}`, { json: { title: 'boss', remark: 'r' } })
  dropped = await alice.must('POST', `${own}/contacts`, { json: { userId: carol.id } })
  await alice.must('DELETE', `${own}/contacts/${dropped.id}`)
  favourite = await alice.must('POST', `${own}/userSessions`, { json: { sessionId: groupId } })
  const other = await alice.group()
  unfavoured = await alice.must('POST', `${own}/userSessions`, { json: { sessionId: other.id } })
  await alice.must('DELETE', `${own}/userSessions/${unfavoured.id}`)
  const { entries } = await alice.pullMembers(groupId)
  member = entries.find(({ userId }) => userId === bob.id) as MemberObject
  removed = entries.find(({ userId }) => userId === carol.id) as MemberObject
  await alice.must('DELETE', `sessions/${groupId}/members/${removed.id}`)
  await alice.must('PUT', `sessions/${groupId}`, { json: { name: 'crew' } })
  favourite = await alice.must('GET', `${own}/userSessions/${favourite.id}`)
  await alice.p2pWith(bob)
  conversation = (await alice.pullConversations()).entries.find(
    ({ type }) => type === 'p2p',
  ) as UserConversationObject
  await alice.must('PUT', `${own}/userConversations/${conversation.id}`, { json: { top: true } })
  await admin.must('DELETE', `users/${gone.id}`)
})
afterAll(() => env.close())

async function clock(): Promise<string> {
  const { v } = await env.api.context.db.selectFrom('app_clock').select('v').executeTakeFirstOrThrow()
  return v
}

type Call = [method: string, path: () => string, json?: () => object]

test.each<[string, ...Call]>([
  [
    'a profile',
    'PUT',
    () => `users/${alice.id}`,
    () => ({ name: 'alice', email: alice.login.email, avatarUrl: ' ' }),
  ],
  ['an empty profile', 'PUT', () => `users/${alice.id}`, () => ({})],
  [
    'a conversation’s settings',
    'PUT',
    () => `users/${alice.id}/userConversations/${conversation.id}`,
    () => ({ top: true, name: 'bob', type: 'p2p', targetId: bob.id }),
  ],
  [
    'opening a conversation that is open',
    'POST',
    () => `users/${alice.id}/userConversations`,
    () => ({ type: 'p2p', targetId: bob.id, top: true }),
  ],
  [
    'a contact',
    'PUT',
    () => `users/${alice.id}/contacts/${contact.id}`,
    () => ({ title: 'boss', remark: 'r' }),
  ],
  ['deleting a deleted contact', 'DELETE', () => `users/${alice.id}/contacts/${dropped.id}`],
  [
    'favouring a favourite',
    'POST',
    () => `users/${alice.id}/userSessions`,
    () => ({ sessionId: groupId, name: 'x', avatarUrl: ' ' }),
  ],
  [
    'a favourite',
    'PUT',
    () => `users/${alice.id}/userSessions/${favourite.id}`,
    () => ({ sessionId: groupId, name: 'crew', avatarUrl: ' ' }),
  ],
  ['deleting a deleted favourite', 'DELETE', () => `users/${alice.id}/userSessions/${unfavoured.id}`],
  [
    'a member’s role',
    'PUT',
    () => `sessions/${groupId}/members/${member.id}`,
    () => ({ userId: bob.id, name: 'x', role: 'user', avatarUrl: ' ', status: 'active' }),
  ],
  [
    'adding a member who is in',
    'POST',
    () => `sessions/${groupId}/members`,
    () => ({ userId: bob.id, role: 'user' }),
  ],
  [
    'inviting a member who is in',
    'POST',
    () => `sessions/${groupId}/members/invite`,
    () => ({ email: bob.login.email }),
  ],
  ['removing a removed member', 'DELETE', () => `sessions/${groupId}/members/${removed.id}`],
  ['a session', 'PUT', () => `sessions/${groupId}`, () => ({ name: 'crew', nameChanged: true })],
])('%s that stays as it is', async (_title, method, path, ...[json]) => {
  const before = await clock()
  const options = json ? { json: json() } : {}
  for (let n = 0; n < 2; n++) await alice.must(method, path(), options)
  expect(await clock()).toBe(before)
})

test('an emoji that stays as it is, and what is refused of emojis', async () => {
  const smile = { name: 'x1', url: '/Emoji/x.png', width: 84, height: 84, package: 'p', type: 'emoji' }
  const emoji = await admin.must<{ id: string }>('POST', 'emojis', { json: smile })
  await admin.must('POST', 'emojis', { json: { ...smile, name: 'x2' } })
  const before = await clock()
  for (const json of [smile, { width: 84 }, {}]) {
    expect(await admin.must('PUT', `emojis/${emoji.id}`, { json })).toEqual(emoji)
  }
  expectRefusal(await admin.call('POST', 'emojis', { json: smile }), 409)
  expectRefusal(await admin.call('PUT', `emojis/${emoji.id}`, { json: { name: 'x2' } }), 409)
  expectRefusal(await admin.call('PUT', 'emojis/999999', { json: smile }), 404)
  expectRefusal(await admin.call('DELETE', 'emojis/999999'), 404)
  expect(await clock()).toBe(before)
})

test('a refusal takes no stamp either', async () => {
  const before = await clock()
  expectRefusal(await alice.call('POST', `users/${alice.id}/contacts`, { json: { userId: bob.id } }), 409)
  const dead = `users/${alice.id}/contacts/${dropped.id}`
  expectRefusal(await alice.call('PUT', dead, { json: { title: 'x' } }), 404)
  expectRefusal(await alice.call('PUT', `users/${alice.id}`, { json: { email: bob.login.email } }), 409)
  expect(await clock()).toBe(before)
})

test('deleting a deleted user, and a deleted conversation', async () => {
  const path = `users/${bob.id}/userConversations`
  const { entries } = await bob.must<ListObject<UserConversationObject>>('GET', path)
  const { id } = entries.find(({ type }) => type === 'p2p') as UserConversationObject
  await bob.must('DELETE', `${path}/${id}`)
  // The groups of a deleted user are left meanwhile; there are none.
  const before = await clock()
  await admin.must('DELETE', `users/${gone.id}`)
  await bob.must('DELETE', `${path}/${id}`)
  expect(await clock()).toBe(before)
})

test('many at once that want the same change make one', async () => {
  const device = await alice.connect(env.mqttUrl)
  const answers = await Promise.all(
    [...Array(12).keys()].map(() =>
      alice.must<{ updatedAt: string }>('PUT', `users/${alice.id}`, { json: { jobTitle: 'cook' } }),
    ),
  )
  const stamps = new Set(answers.map(({ updatedAt }) => stampOf(updatedAt)))
  expect(stamps.size).toBe(1)
  await device.waitFor(({ stamp }) => stamp >= Math.max(...stamps))
  await device.close()
})
