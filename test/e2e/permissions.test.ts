import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Action, isAllowed, type SessionRole } from '../../api/sessions/permissions.js'
import type { MemberObject, MessageObject, SessionObject } from '../../shared/wire/objects.js'
import type { Answer, RequestOptions } from '../helpers/http.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** Who may do what in a group: every role tries every action over HTTP. (yun2win.md §1.10, §4 W5, W6, W8) */

const ROLES = ['master', 'admin', 'user', 'removed', 'stranger', 'application'] as const
type Role = (typeof ROLES)[number]
type Call = (method: string, path: string, options?: RequestOptions) => Promise<Answer<unknown>>

let env: TestEnv
let people: Record<Exclude<Role, 'application'> | 'otherUser' | 'otherAdmin', Person>
let adminToken: string
let mails = 0

beforeAll(async () => {
  env = await TestEnv.start({ settings: { DATA_DIR: `/tmp/nudge-permissions-${process.pid}` } })
  const names = ['master', 'admin', 'user', 'removed', 'stranger', 'otherUser', 'otherAdmin'] as const
  const all = await env.people(...names)
  people = Object.fromEntries(names.map((name, n) => [name, all[n]])) as typeof people
  const { tokens } = env.api.context
  adminToken = tokens.sign('admin', { app: tokens.verify('access', people.master.token)?.app as string })
})
afterAll(() => env.close())

interface Group {
  id: string
  /** Member ids by name. */
  ids: Record<string, string>
  /** The caller's own message when he could send one, else the master's. */
  own: string
  /** A message of somebody else than the caller. */
  foreign: string
}

/** A group with one of every role in it. */
async function prepare(role: Role): Promise<Group> {
  const { master, admin, user, removed, otherUser, otherAdmin } = people
  const { id } = await master.group(user, otherUser, removed)
  for (const { id: userId } of [admin, otherAdmin]) {
    await master.must('POST', `sessions/${id}/members`, { json: { userId, role: 'admin' } })
  }
  const sender = role === 'application' || role === 'stranger' ? master : people[role]
  const own = await sender.send(id, 'mine')
  const foreign = await otherUser.send(id, 'another’s')
  const { entries } = await master.pullMembers(id)
  const ids = Object.fromEntries(entries.map((member) => [member.name, member.id]))
  await master.must('DELETE', `sessions/${id}/members/${ids.removed}`)
  return { id, ids, own: own.id, foreign: foreign.id }
}

function callerOf(role: Role): Call {
  if (role !== 'application') return (method, path, options) => people[role].call(method, path, options)
  return (method, path, options) => people.master.call(method, path, { ...options, token: adminToken })
}

const put = (json: unknown): RequestOptions => ({ json })
const recall = { type: 'system', content: '{"text":"recalled"}' }

type Row = [
  title: string,
  action: Action,
  allowed: string,
  run: (call: Call, group: Group) => Promise<Answer<unknown>>,
]

const EVERYBODY_INSIDE = 'master admin user'
const TABLE: Row[] = [
  [
    'read the session',
    'readSession',
    'master admin user removed application',
    (call, { id }) => call('GET', `sessions/${id}`),
  ],
  [
    'read the members',
    'readMembers',
    'master admin user removed application',
    (call, { id }) => call('GET', `sessions/${id}/members`),
  ],
  [
    'read the messages',
    'readMessages',
    'master admin user application',
    (call, { id }) => call('GET', `sessions/${id}/messages`),
  ],
  [
    'read the history',
    'readHistory',
    'master admin user removed application',
    (call, { id }) => call('GET', `sessions/${id}/messages/history`),
  ],
  [
    'read one message',
    'readHistory',
    'master admin user removed application',
    (call, { id, own }) => call('GET', `sessions/${id}/messages/${own}`),
  ],
  [
    'send',
    'send',
    EVERYBODY_INSIDE,
    (call, { id }) => call('POST', `sessions/${id}/messages`, put({ type: 'text', content: '{}' })),
  ],
  [
    'send as system',
    'send',
    EVERYBODY_INSIDE,
    (call, { id }) => call('POST', `sessions/${id}/messages`, put({ sender: 'system', ...recall })),
  ],
  [
    'edit a message of one’s own',
    'changeOwnMessage',
    EVERYBODY_INSIDE,
    (call, { id, own }) =>
      call('PUT', `sessions/${id}/messages/${own}`, put({ type: 'text', content: '{"text":"better"}' })),
  ],
  [
    'delete a message of one’s own',
    'changeOwnMessage',
    EVERYBODY_INSIDE,
    (call, { id, own }) => call('DELETE', `sessions/${id}/messages/${own}`),
  ],
  [
    'recall another’s message',
    'changeForeignMessage',
    'master admin application',
    (call, { id, foreign }) => call('PUT', `sessions/${id}/messages/${foreign}`, put(recall)),
  ],
  [
    'delete another’s message',
    'changeForeignMessage',
    'master admin application',
    (call, { id, foreign }) => call('DELETE', `sessions/${id}/messages/${foreign}`),
  ],
  [
    'add a member',
    'addMember',
    'master admin user application',
    (call, { id }) => call('POST', `sessions/${id}/members`, put({ userId: people.removed.id })),
  ],
  [
    'add an administrator',
    'giveRoles',
    'master application',
    (call, { id }) =>
      call('POST', `sessions/${id}/members`, put({ userId: people.removed.id, role: 'admin' })),
  ],
  [
    'add a master',
    'addMaster',
    'application',
    (call, { id }) =>
      call('POST', `sessions/${id}/members`, put({ userId: people.removed.id, role: 'master' })),
  ],
  [
    'invite',
    'invite',
    'master admin user application',
    (call, { id }) =>
      call('POST', `sessions/${id}/members/invite`, put({ email: `m${mails++}@example.com` })),
  ],
  [
    'remove a member',
    'removeUser',
    'master admin application',
    (call, { id, ids }) => call('DELETE', `sessions/${id}/members/${ids.otherUser}`),
  ],
  [
    'remove an administrator',
    'removeAdmin',
    'master application',
    (call, { id, ids }) => call('DELETE', `sessions/${id}/members/${ids.otherAdmin}`),
  ],
  [
    'promote',
    'giveRoles',
    'master application',
    (call, { id, ids }) => call('PUT', `sessions/${id}/members/${ids.otherUser}`, put({ role: 'admin' })),
  ],
  [
    'promote by adding again',
    'giveRoles',
    'master application',
    (call, { id }) =>
      call('POST', `sessions/${id}/members`, put({ userId: people.otherUser.id, role: 'admin' })),
  ],
  [
    'demote',
    'giveRoles',
    'master application',
    (call, { id, ids }) => call('PUT', `sessions/${id}/members/${ids.otherAdmin}`, put({ role: 'user' })),
  ],
  [
    'hand over mastership',
    'transferMastership',
    'master application',
    (call, { id, ids }) => call('PUT', `sessions/${id}/members/${ids.otherUser}`, put({ role: 'master' })),
  ],
  [
    'rename',
    'rename',
    'master application',
    (call, { id }) => call('PUT', `sessions/${id}`, put({ name: 'ours' })),
  ],
  [
    'change the avatar',
    'changeAvatar',
    'master application',
    (call, { id }) => call('PUT', `sessions/${id}`, put({ avatarUrl: 'attachments/1/x' })),
  ],
  [
    'change the settings',
    'changeSettings',
    'master application',
    (call, { id }) => call('PUT', `sessions/${id}`, put({ secureType: 'public' })),
  ],
  [
    'change nothing',
    'rename',
    'master application',
    (call, { id }) => call('PUT', `sessions/${id}`, put({ type: 'p2p', mark: 'x' })),
  ],
  [
    'delete the group',
    'deleteSession',
    'master application',
    (call, { id }) => call('DELETE', `sessions/${id}`),
  ],
]

const CELLS = TABLE.flatMap(([title, action, allowed, run]) =>
  ROLES.map((role) => ({ title, role, action, may: allowed.split(' ').includes(role), run })),
).filter(({ role, action }) => role !== 'application' || action !== 'changeOwnMessage')

/** Groups in which a role was refused everything so far: they are as they were prepared. */
const untouched = new Map<Role, Group>()

test.each(CELLS)('$role, to $title: $may', async ({ role, action, may, run }) => {
  const group = untouched.get(role) ?? (await prepare(role))
  untouched.set(role, group)
  if (may) untouched.delete(role)
  const observer = people.otherUser
  const before = [await observer.call('GET', `sessions/${group.id}`), await observer.pullMembers(group.id)]
  const answer = await run(callerOf(role), group)
  if (may) {
    expect(answer).toMatchObject({ status: 200 })
  } else {
    expectRefusal(answer, 403)
    const after = [await observer.call('GET', `sessions/${group.id}`), await observer.pullMembers(group.id)]
    expect(after.map((each) => ('body' in each ? each.body : each))).toEqual(
      before.map((each) => ('body' in each ? each.body : each)),
    )
  }
  // The table in the code says the same.
  expect(isAllowed(role as SessionRole, action)).toBe(may)
})

describe('beside the table', () => {
  const membersOf = async (id: string) => (await people.master.pullMembers(id)).entries
  const roleOf = (entries: MemberObject[], person: Person) =>
    entries.find(({ userId }) => userId === person.id)?.role

  test('nobody but the application removes the master', async () => {
    const { id, ids } = await prepare('user')
    for (const role of ['admin', 'user', 'removed', 'stranger'] as const) {
      expectRefusal(await people[role].call('DELETE', `sessions/${id}/members/${ids.master}`), 403)
    }
    const answer = await callerOf('application')('DELETE', `sessions/${id}/members/${ids.master}`)
    expect(answer).toMatchObject({ status: 200, body: {} })
    const { entries } = await people.otherUser.pullMembers(id)
    expect(entries.filter(({ role, isDelete }) => role === 'master' && !isDelete)).toHaveLength(1)
  })

  test('whoever was removed learns nothing of users by adding them, and keeps no writer waiting', async () => {
    const { id } = await prepare('user')
    const { removed, stranger } = people
    const add = (userId: string) => removed.call('POST', `sessions/${id}/members`, { json: { userId } })
    expectRefusal(await add('999999'), 403)
    await env.api.context.db.transaction().execute(async (trx) => {
      await trx.selectFrom('app_clock').select('v').forUpdate().execute()
      expectRefusal(await add(stranger.id), 403)
    })
  })

  test('a group has one master, whoever makes another', async () => {
    const { id } = await prepare('user')
    const call = callerOf('application')
    const { id: userId } = people.removed
    await call('POST', `sessions/${id}/members`, put({ userId, role: 'master' }))
    const entries = await membersOf(id)
    expect([roleOf(entries, people.removed), roleOf(entries, people.master)]).toEqual(['master', 'admin'])
  })

  test('nobody gives himself a role, or takes the last master away', async () => {
    const { id, ids } = await prepare('user')
    for (const name of ['admin', 'user'] as const) {
      for (const role of ['master', 'admin', 'user'].filter((role) => role !== name)) {
        expectRefusal(
          await people[name].call('PUT', `sessions/${id}/members/${ids[name]}`, put({ role })),
          403,
        )
      }
    }
    const demotion = put({ role: 'admin' })
    expectRefusal(await people.master.call('PUT', `sessions/${id}/members/${ids.master}`, demotion), 409)
    expectRefusal(await callerOf('application')('PUT', `sessions/${id}/members/${ids.master}`, demotion), 409)
  })

  test('in a p2p session nobody touches the other’s messages, and nothing else changes', async () => {
    const { master, admin } = people
    const { id } = await master.p2pWith(admin)
    const { id: messageId } = await master.send(id, 'mine')
    for (const person of [admin, people.stranger]) {
      expectRefusal(await person.call('PUT', `sessions/${id}/messages/${messageId}`, put(recall)), 403)
      expectRefusal(await person.call('DELETE', `sessions/${id}/messages/${messageId}`), 403)
    }
    const { entries } = await master.pullMembers(id)
    const path = `sessions/${id}/members`
    for (const call of [callerOf('master'), callerOf('application')]) {
      expectRefusal(await call('PUT', `sessions/${id}`, put({ name: 'x' })), 403)
      expectRefusal(await call('PUT', `${path}/${entries[0]?.id}`, put({ role: 'master' })), 403)
      expectRefusal(await call('POST', `${path}/invite`, put({ email: 'x@example.com' })), 403)
      expectRefusal(await call('DELETE', `sessions/${id}`), 403)
    }
  })

  test('the founder of an empty group reads it, joins it, and does nothing else', async () => {
    const { id } = await people.master.must<SessionObject>('POST', 'sessions', put({ type: 'group' }))
    const call = callerOf('master')
    expect(await call('GET', `sessions/${id}`)).toMatchObject({ status: 200 })
    expect(await call('GET', `sessions/${id}/members`)).toMatchObject({ status: 200 })
    for (const [method, path, json] of [
      ['GET', 'messages', undefined],
      ['GET', 'messages/history', undefined],
      ['PUT', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['POST', 'members/invite', { email: 'x@example.com' }],
      ['POST', 'messages', { type: 'text', content: '{}' }],
    ] as const) {
      expectRefusal(await call(method, `sessions/${id}/${path}`.replace(/\/$/, ''), json && put(json)), 403)
    }
  })

  test('of another app nothing is found, not even by its administrator', async () => {
    const { id, ids, own } = await prepare('user')
    const { tokens } = env.api.context
    const foreign: RequestOptions = { token: tokens.sign('admin', { app: '999' }) }
    for (const [method, path, json] of [
      ['GET', '', undefined],
      ['PUT', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['GET', '/members', undefined],
      ['GET', `/members/${ids.user}`, undefined],
      ['PUT', `/members/${ids.user}`, { role: 'master' }],
      ['DELETE', `/members/${ids.user}`, undefined],
      ['POST', '/members/invite', { email: 'x@example.com' }],
      ['GET', `/messages/${own}`, undefined],
      ['PUT', `/messages/${own}`, recall],
      ['DELETE', `/messages/${own}`, undefined],
    ] as const) {
      const options = { ...foreign, ...(json && { json }) }
      expectRefusal(await people.user.call(method, `sessions/${id}${path}`, options), 404)
    }
    const { body } = await people.user.call<MessageObject>('GET', `sessions/${id}/messages/${own}`)
    expect(body.isDelete).toBe(false)
  })
})
