import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { UserSessionObject } from '../../shared/wire/favourites.js'
import type { ListObject, SessionObject } from '../../shared/wire/objects.js'
import type { RequestOptions } from '../helpers/http.js'
import { type Person, stampOf } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let group: SessionObject
let pairId: string

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
  pairId = (await alice.p2pWith(bob)).id
})
beforeEach(async () => {
  group = await alice.group(bob)
})
afterAll(() => env.close())

const list = async (person: Person, cursor?: number) =>
  (await person.must<ListObject<UserSessionObject>>('GET', `users/${person.id}/userSessions`, { cursor }))
    .entries
const entry = async (person: Person) =>
  (await list(person)).find(({ sessionId }) => sessionId === group.id) as UserSessionObject
const add = (person: Person, options?: RequestOptions) =>
  person.must<UserSessionObject>(
    'POST',
    `users/${person.id}/userSessions`,
    options ?? { form: { sessionId: group.id, name: 'an old name', avatarUrl: ' ' } },
  )
const at = (person: Person, favourite: { id: string }) => `users/${person.id}/userSessions/${favourite.id}`

describe('a favourite', () => {
  test('shows the group as it is called now', async () => {
    const favourite = await add(alice)
    expect(favourite).toEqual({
      id: expect.stringMatching(/^\d+$/),
      sessionId: group.id,
      name: group.name,
      avatarUrl: '',
      isDelete: false,
      createdAt: favourite.createdAt,
      updatedAt: favourite.updatedAt,
    })
    expect(await list(alice)).toContainEqual(favourite)
    expect(await alice.must('GET', at(alice, favourite))).toEqual(favourite)
    expect(await alice.must('GET', at(alice, favourite), { cursor: stampOf(favourite.updatedAt) })).toBeNull()

    // A member more renames the group.
    const added = await alice.add(group.id, carol)
    const [renamed] = await list(alice, stampOf(favourite.updatedAt))
    expect(renamed).toEqual({ ...favourite, name: 'alice,bob,carol', updatedAt: added.updatedAt })
  })

  test('twenty times at once is one', async () => {
    const answers = await Promise.all(
      [...Array(20).keys()].map(() => add(bob, { json: { sessionId: group.id } })),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect((await list(bob)).filter(({ sessionId }) => sessionId === group.id)).toEqual([answers[0]])
  })

  test('is deleted as a tombstone and comes back under its id', async () => {
    const favourite = await add(alice)
    expect(await alice.must('DELETE', at(alice, favourite))).toEqual({})
    expect(await alice.must('DELETE', at(alice, favourite))).toEqual({})
    const [tombstone] = await list(alice, stampOf(favourite.updatedAt))
    expect(tombstone).toMatchObject({ id: favourite.id, isDelete: true })
    expectRefusal(await alice.call('PUT', at(alice, favourite), { json: { name: 'x' } }), 404)
    expect(await add(alice)).toMatchObject({ id: favourite.id, isDelete: false })
  })

  test('has a name of its owner’s own, until that is blank or the group’s', async () => {
    const favourite = await add(alice)
    const form = { sessionId: '1', name: 'mine<b>', avatarUrl: 'attachments/1/x' }
    const named = await alice.must('PUT', at(alice, favourite), { form })
    expect(named).toMatchObject({ sessionId: group.id, name: 'mineb', avatarUrl: 'attachments/1/x' })
    await alice.add(group.id, carol)
    expect(await entry(alice)).toMatchObject({ name: 'mineb' })
    const json = { name: 'alice,bob,carol', avatarUrl: ' ' }
    expect(await alice.must('PUT', at(alice, favourite), { json })).toMatchObject({
      name: 'alice,bob,carol',
      avatarUrl: '',
    })
    const { entries } = await alice.pullMembers(group.id)
    const member = entries.find(({ userId }) => userId === carol.id)
    await alice.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
    expect(await entry(alice)).toMatchObject({ name: 'alice,bob' })
  })

  test('of somebody who was removed is frozen, until he comes back (I5)', async () => {
    const favourite = await add(bob)
    const { entries } = await alice.pullMembers(group.id)
    const member = entries.find(({ userId }) => userId === bob.id)
    await alice.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
    const frozen = await entry(bob)
    expect(frozen).toMatchObject({ id: favourite.id, name: 'alice,bob', isDelete: false })
    await alice.add(group.id, carol)
    expect(await entry(bob)).toEqual(frozen)
    await alice.add(group.id, bob)
    const [back] = await list(bob, stampOf(frozen.updatedAt))
    expect(back).toMatchObject({ id: favourite.id, name: 'alice,bob,carol' })
  })

  test('of somebody who was removed tells nothing of what became of the group (I5)', async () => {
    const { entries } = await alice.pullMembers(group.id)
    const member = entries.find(({ userId }) => userId === bob.id)
    await alice.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
    const form = { name: 'secret', avatarUrl: 'attachments/1/x', nameChanged: 'true' }
    await alice.must('PUT', `sessions/${group.id}`, { form })
    // Also when it is made only now.
    const favourite = await add(bob)
    const asItWas = { name: 'alice,bob', avatarUrl: '' }
    expect(favourite).toMatchObject(asItWas)
    // What he calls it is his own, also if he guesses what it is called.
    const rename = (json: object) => bob.must('PUT', at(bob, favourite), { json })
    expect(await rename({ name: 'guess', avatarUrl: 'a/guess' })).toMatchObject({ name: 'guess' })
    const guessed = { name: 'secret', avatarUrl: 'attachments/1/x' }
    expect(await rename(guessed)).toMatchObject(guessed)
    expect(await rename({ name: '', avatarUrl: ' ' })).toMatchObject(asItWas)
    // Sent back as it is shown, it follows the group again once he is back.
    await rename(asItWas)
    await alice.must('DELETE', at(alice, await add(alice)))
    await alice.add(group.id, bob)
    expect(await entry(bob)).toMatchObject({ name: 'secret', avatarUrl: 'attachments/1/x' })
  })

  test('of a group that is gone is a tombstone that nobody changes', async () => {
    const favourite = await add(bob)
    await alice.must('DELETE', `sessions/${group.id}`)
    const gone = await entry(bob)
    expect(gone).toMatchObject({ isDelete: true })
    expectRefusal(await bob.call('PUT', at(bob, favourite), { json: { name: 'x' } }), 404)
    expectRefusal(
      await bob.call('POST', `users/${bob.id}/userSessions`, { json: { sessionId: group.id } }),
      404,
    )
    expect(await entry(bob)).toEqual(gone)
  })

  test('I4: the owner’s other devices are told', async () => {
    const device = await alice.connect(env.mqttUrl)
    const favourite = await add(alice)
    const told = (stamp: number) =>
      device.waitFor(
        (frame) =>
          frame.stamp >= stamp && frame.message?.syncs?.some((sync: { type: number }) => sync.type === 3),
      )
    await told(stampOf(favourite.updatedAt))
    await alice.must('DELETE', at(alice, favourite))
    await told(stampOf((await entry(alice)).updatedAt))

    // The group is called otherwise, by somebody else.
    const again = await add(alice)
    await told(stampOf(again.updatedAt))
    const added = await bob.add(group.id, carol)
    await told(stampOf(added.updatedAt))
    const renamed = await alice.must<SessionObject>('PUT', `sessions/${group.id}`, { json: { name: 'new' } })
    await told(stampOf(renamed.updatedAt))
    expect(await entry(alice)).toMatchObject({ name: 'new', updatedAt: renamed.updatedAt })
    await device.close()
  })
})

describe('refused', () => {
  test.each([
    { title: 'a group one is not in', json: () => ({ sessionId: group.id }), status: 403 },
    { title: 'a foreign pair', json: () => ({ sessionId: pairId }), status: 403 },
    { title: 'no group', json: () => ({ sessionId: '999999' }), status: 404 },
    { title: 'nothing', json: () => ({}), status: 400 },
  ])('$title', async ({ json, status }) => {
    expectRefusal(await carol.call('POST', `users/${carol.id}/userSessions`, { json: json() }), status)
    expect(await list(carol)).toEqual([])
  })

  test('a pair', async () => {
    const { id } = await alice.p2pWith(bob)
    expectRefusal(
      await alice.call('POST', `users/${alice.id}/userSessions`, { json: { sessionId: id } }),
      400,
    )
  })

  test.each([
    ['GET', () => '', {}],
    ['POST', () => '', { json: { sessionId: '1' } }],
    ['GET', (id: string) => `/${id}`, {}],
    ['PUT', (id: string) => `/${id}`, { json: { name: 'x' } }],
    ['DELETE', (id: string) => `/${id}`, {}],
  ] as [string, (id: string) => string, RequestOptions][])('%s of others', async (method, path, options) => {
    const favourite = await add(alice)
    const answer = await bob.call(method, `users/${alice.id}/userSessions${path(favourite.id)}`, options)
    expectRefusal(answer, 403)
    if (path('1') !== '') {
      expectRefusal(await bob.call(method, at(bob, favourite), options), 404)
    }
    expect(await entry(alice)).toEqual(favourite)
  })
})

test('I4: whoever comes back to a group is told that his favourite of it has thawed', async () => {
  await add(bob)
  const { entries } = await alice.pullMembers(group.id)
  const member = entries.find(({ userId }) => userId === bob.id)
  await alice.must('DELETE', `sessions/${group.id}/members/${member?.id}`)
  await alice.must('PUT', `sessions/${group.id}`, { json: { name: 'renamed meanwhile' } })
  const device = await bob.connect(env.mqttUrl)
  const { updatedAt } = await alice.add(group.id, bob)
  await device.waitFor(
    ({ message, stamp }) =>
      stamp >= stampOf(updatedAt) && message?.syncs?.some(({ type }: { type: number }) => type === 3),
  )
  expect((await entry(bob)).name).toBe('renamed meanwhile')
  await device.close()
})
