import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MemberObject } from '../../shared/wire/objects.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { TestEnv } from '../helpers/test-env.js'

/**
 * The oracle of I1: after every step of any sequence, what a client holds after its deltas is what it would be
 * given anew, field by field, and nothing was given twice. A subject joins in with its steps in STEPS and its
 * lists in `listsOf`.
 */

const RUNS = Number(process.env.TEST_ORACLE_RUNS ?? 6)
const PEOPLE = 4

let env: TestEnv
beforeAll(async () => {
  env = await TestEnv.start({ settings: { DATA_DIR: `/tmp/nudge-oracle-${process.pid}` } })
})
afterAll(() => env.close())

/** What a run has: people, and what they have made so far. */
interface World {
  people: Person[]
  groups: string[]
  pairs: string[]
  messages: { sessionId: string; id: string }[]
  token: string
}

/** Numbers that a step takes its choices from. */
interface Choices {
  who: number
  whom: number
  where: number
  which: number
}

type Step = (world: World, person: Person, other: Person, choices: Choices) => Promise<unknown>

const at = <T>(items: T[], n: number): T => items[n % items.length] as T
const sessionAt = (world: World, n: number) => at([...world.groups, ...world.pairs], n)
const content = (n: number) => JSON.stringify({ text: `text ${n}` })

/** Each is done, or refused: what must hold holds in either case. */
const STEPS: Record<string, Step> = {
  send: async (world, person, _other, { where, which }) => {
    const sessionId = sessionAt(world, where)
    const json = { type: 'text', content: content(which) }
    const { status, body } = await person.call('POST', `sessions/${sessionId}/messages`, { json })
    if (status === 200) world.messages.push({ sessionId, id: body.id })
  },
  sendAsSystem: (world, person, _other, { where, which }) =>
    person.call('POST', `sessions/${sessionAt(world, where)}/messages`, {
      json: { sender: 'system', type: 'system', content: content(which) },
    }),
  edit: (world, person, _other, { which }) =>
    onMessage(world, person, which, 'PUT', { type: 'text', content: content(which) }),
  recall: (world, person, _other, { which }) =>
    onMessage(world, person, which, 'PUT', { type: 'system', content: '{"text":"recalled"}' }),
  recallNewest: (world, person) =>
    onMessage(world, person, world.messages.length - 1, 'PUT', {
      type: 'system',
      content: '{"text":"recalled"}',
    }),
  deleteMessage: (world, person, _other, { which }) => onMessage(world, person, which, 'DELETE'),
  read: (world, person, _other, { where }) =>
    person.call('GET', `sessions/${sessionAt(world, where)}/messages?limit=2`),
  readHistory: (world, person, _other, { where }) =>
    person.call('GET', `sessions/${sessionAt(world, where)}/messages/history`),

  p2p: async (world, person, other) => {
    const { id } = await person.p2pWith(other)
    if (!world.pairs.includes(id)) world.pairs.push(id)
  },
  found: async (world, person) => {
    if (world.groups.length < 3) world.groups.push((await person.group()).id)
  },
  add: (world, person, other, { where, which }) =>
    person.call('POST', `sessions/${at(world.groups, where)}/members`, {
      json: { userId: other.id, ...(which % 3 === 0 && { role: 'admin' }) },
    }),
  remove: (world, person, other, { where }) => onMember(world, person, other.id, where, 'DELETE'),
  leave: (world, person, _other, { where }) => onMember(world, person, person.id, where, 'DELETE'),
  giveRole: (world, person, other, { where, which }) =>
    onMember(world, person, other.id, where, 'PUT', { role: at(['admin', 'user', 'master'], which) }),
  invite: (world, person, _other, { where, which }) =>
    person.call('POST', `sessions/${at(world.groups, where)}/members/invite`, {
      json: { email: `guest${which % 2}-${at(world.groups, where)}@example.com` },
    }),
  withdraw: (world, person, _other, { where, which }) =>
    onMember(world, person, `guest${which % 2}-${at(world.groups, where)}@example.com`, where, 'DELETE'),
  rename: (world, person, _other, { where, which }) =>
    person.call('PUT', `sessions/${at(world.groups, where)}`, {
      form: { name: `group ${which}`, avatarUrl: which % 2 ? ' ' : 'attachments/1/x', nameChanged: 'true' },
    }),
  nameAfterMembers: (world, person, _other, { where }) =>
    person.call('PUT', `sessions/${at(world.groups, where)}`, { json: { nameChanged: false } }),
  describe: (world, person, _other, { where, which }) =>
    person.call('PUT', `sessions/${at(world.groups, where)}`, { json: { description: `about ${which}` } }),
  deleteGroup: (world, person, _other, { where, which }) =>
    which % 4 ? Promise.resolve() : person.call('DELETE', `sessions/${at(world.groups, where)}`),
  renameSelf: (_world, person, _other, { which }) =>
    person.call('PUT', `users/${person.id}`, {
      json: { email: person.login.email, name: `${person.login.name} the ${which}th`, avatarUrl: ' ' },
    }),
  befriend: (_world, person, other) =>
    person.call('POST', `users/${person.id}/contacts`, {
      json: { userId: other.id, name: other.login.name },
    }),
  title: (_world, person, _other, { which }) =>
    onOwn(person, 'contacts', which, 'PUT', { title: at(['', 'boss', 'friend'], which) }),
  unfriend: (_world, person, _other, { which }) => onOwn(person, 'contacts', which, 'DELETE'),
  favour: (world, person, _other, { where, which }) =>
    person.call('POST', `users/${person.id}/userSessions`, {
      json: { sessionId: at(world.groups, where), name: `favourite ${which}`, avatarUrl: ' ' },
    }),
  nameFavourite: (_world, person, _other, { which }) =>
    onOwn(person, 'userSessions', which, 'PUT', { name: `my ${which}` }),
  unfavour: (_world, person, _other, { which }) => onOwn(person, 'userSessions', which, 'DELETE'),
  pin: (_world, person, _other, { which }) =>
    onOwn(person, 'userConversations', which, 'PUT', { top: which % 2 === 0 }),
  remind: (_world, person, _other, { which }) =>
    onOwn(person, 'userConversations', which, 'PUT', { unread: which, remark: 'remember' }, '/unread'),
  deleteConversation: (_world, person, _other, { which }) =>
    onOwn(person, 'userConversations', which, 'DELETE'),
  addEmoji: (world, person, _other, { which }) =>
    person.call('POST', 'emojis', {
      token: world.token,
      json: {
        package: 'p',
        type: 'emoji',
        name: `e${which}`,
        url: `/Emoji/${which}.png`,
        width: 8,
        height: 8,
      },
    }),
  removeEmoji: async (world, person, _other, { which }) => {
    const { body } = await person.call('GET', 'emojis')
    if (body.entries.length > 0) {
      await person.call('DELETE', `emojis/${at<{ id: string }>(body.entries, which).id}`, {
        token: world.token,
      })
    }
  },
  applicationRemoves: (world, person, other, { where }) =>
    onMember(world, person, other.id, where, 'DELETE', undefined, world.token),
}

/** Does something to one of a person's own entries: sends it back as it is, but for `change`. */
async function onOwn(
  person: Person,
  list: string,
  which: number,
  method: string,
  change?: object,
  below = '',
) {
  const path = `users/${person.id}/${list}`
  const { body } = await person.call('GET', path)
  if (body.entries.length === 0) return
  const entry = at<{ id: string }>(body.entries, which)
  await person.call(method, `${path}/${entry.id}${below}`, change ? { json: { ...entry, ...change } } : {})
}

async function onMessage(world: World, person: Person, which: number, method: string, json?: object) {
  if (world.messages.length === 0) return
  const { sessionId, id } = at(world.messages, which)
  await person.call(method, `sessions/${sessionId}/messages/${id}`, json ? { json } : {})
}

async function onMember(
  world: World,
  person: Person,
  userId: string,
  where: number,
  method: string,
  json?: object,
  token = person.token,
) {
  const path = `sessions/${at(world.groups, where)}/members`
  const { body } = await person.call('GET', path, { token })
  const member = body.entries?.find((entry: MemberObject) => entry.userId === userId)
  if (member) await person.call(method, `${path}/${member.id}`, { token, ...(json && { json }) })
}

/** The lists that a person has before there is any session; those of sessions join as they come. */
function listsOf(person: Person, limit: number): Reader[] {
  return [
    new Reader(person, `users/${person.id}/userConversations`, limit),
    new Reader(person, 'sessions', limit),
    new Reader(person, `users/${person.id}/contacts`, limit),
    new Reader(person, `users/${person.id}/userSessions`, limit),
    new Reader(person, 'emojis', limit),
  ]
}

/** Pulls to the end and compares; `mayForget`: whoever was removed keeps what he knew of the others. */
async function expectExact(reader: Reader): Promise<void> {
  const { status } = await reader.person.call('GET', `${reader.path}?limit=1`)
  // Not a member now, or the group is gone: nothing to compare.
  if (status === 403 || status === 404) return
  while ((await reader.pull()) > 0);
  const [held, fresh] = [Object.fromEntries(reader.rows), Object.fromEntries(await reader.fresh())]
  expect(reader.repeated).toEqual([])
  const own = Object.values(fresh).find((row) => 'userId' in row && row.userId === reader.person.id)
  if (own && 'isDelete' in own && own.isDelete) expect(held).toEqual({ ...held, ...fresh })
  else expect(held).toEqual(fresh)
}

/** The mts that push goes by is what clients compute; a group that anybody is in has one master. */
async function expectSound(world: World, sessionId: string): Promise<void> {
  const [person] = world.people as [Person]
  const { status, body } = await person.call('GET', `sessions/${sessionId}/members?limit=1000`, {
    token: world.token,
  })
  const membership = await env.api.memberships.find(sessionId)
  if (status === 404) return expect(membership?.isDeleted).toBe(true)
  const members = body.entries as MemberObject[]
  const live = members.filter(({ isDelete, status }) => !isDelete && status === 'active')
  expect(membership?.mts).toBe(Math.max(...members.map(({ createdAt }) => stampOf(createdAt))))
  expect(membership?.memberIds).toEqual(new Set(live.map(({ userId }) => userId)))
  if (!world.groups.includes(sessionId)) return
  expect(live.filter(({ role }) => role === 'master')).toHaveLength(live.length > 0 ? 1 : 0)
}

const choice = fc.nat({ max: 11 })
const steps = fc.array(
  fc.record({
    name: fc.constantFrom(...Object.keys(STEPS)),
    choices: fc.record({ who: choice, whom: choice, where: choice, which: choice }),
  }),
  { minLength: 20, maxLength: 50 },
)

test('I1: old state and delta are a fresh fetch, after every step', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (sequence, limit) => {
      run += 1
      const people = await env.people(...[...Array(PEOPLE).keys()].map((n) => `person${n}-${run}`))
      const { tokens } = env.api.context
      const [founder] = people as [Person]
      const token = tokens.sign('admin', { app: tokens.verify('access', founder.token)?.app as string })
      const group = await founder.group(...people.slice(1, 3))
      const world: World = { people, groups: [group.id], pairs: [], messages: [], token }

      const lists = people.flatMap((person) => listsOf(person, limit))
      const known = new Set<string>()
      for (const { name, choices } of sequence) {
        const [person, other] = [at(people, choices.who), at(people, choices.whom)]
        await STEPS[name]?.(world, person, other, choices)
        for (const id of [...world.groups, ...world.pairs]) {
          if (!known.has(id))
            lists.push(...people.map((each) => new Reader(each, `sessions/${id}/members`, limit)))
          known.add(id)
          await expectSound(world, id)
        }
        await Promise.all(lists.map(expectExact))
      }
      // Reading messages is a change too, so it comes last, and the lists once more after it.
      for (const id of known) {
        await Promise.all(
          people.map((each) => expectExact(new Reader(each, `sessions/${id}/messages`, limit))),
        )
      }
      await Promise.all(lists.map(expectExact))
    }),
    // Every run works on a world of its own, so a smaller counterexample would take minutes to find.
    { numRuns: RUNS, endOnFailure: true },
  )
}, 600_000)

test('I1: a reader of messages misses no edit', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (sequence, limit) => {
      run += 1
      const people = await env.people(...[...Array(3).keys()].map((n) => `reader${n}-${run}`))
      const [master, ...others] = people as [Person, ...Person[]]
      const { id } = await master.group(...others)
      const world: World = { people, groups: [id], pairs: [], messages: [], token: master.token }
      const lists = people.map((person) => new Reader(person, `sessions/${id}/messages`, limit))
      for (const { name, choices } of sequence) {
        if (!/send|edit|recall|deleteMessage/i.test(name)) continue
        await STEPS[name]?.(world, at(people, choices.who), master, choices)
        await Promise.all(lists.map(expectExact))
      }
    }),
    // Every run works on a world of its own, so a smaller counterexample would take minutes to find.
    { numRuns: RUNS, endOnFailure: true },
  )
}, 600_000)
