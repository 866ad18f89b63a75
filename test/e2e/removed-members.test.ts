import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import type { MemberObject, SessionObject } from '../../shared/wire/objects.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** The list of members, for somebody who was removed: as it was then, for good. */

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let dave: Person
let group: SessionObject
let path: string
let people = 0

beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

/** A group of alice, bob and carol, with an invited address; each test has people of its own. */
async function found(): Promise<void> {
  people += 1
  ;[alice, bob, carol, dave] = (await env.people(
    ...['alice', 'bob', 'carol', 'dave'].map((name) => `${name}${people}`),
  )) as [Person, Person, Person, Person]
  group = await alice.group(bob, carol)
  path = `sessions/${group.id}/members`
  await alice.must('POST', `${path}/invite`, { json: { email: `guest${people}@example.com` } })
}

const memberOf = async (reader: Person, person: { id: string }) =>
  (await reader.pullMembers(group.id)).entries.find(({ userId }) => userId === person.id) as MemberObject
const remove = async (person: Person, by = alice) =>
  by.must('DELETE', `${path}/${(await memberOf(alice, person)).id}`)
const rename = (person: Person, name: string) =>
  person.must('PUT', `users/${person.id}`, { json: { name, avatarUrl: `a/${name}` } })
const pullAll = async (reader: Reader) => {
  while ((await reader.pull()) > 0);
}

async function expectExact(reader: Reader): Promise<void> {
  await pullAll(reader)
  expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
  expect(reader.repeated).toEqual([])
}

/** Changes of every kind, to every row there is. */
async function changeEverything(): Promise<void> {
  await rename(alice, 'Alice')
  await rename(carol, 'Carol')
  await alice.must('PUT', `${path}/${(await memberOf(alice, carol)).id}`, { json: { role: 'admin' } })
  await alice.add(group.id, dave)
  await alice.must('POST', `${path}/invite`, { json: { email: `guest${people}@example.com` } })
  await alice.must('POST', `${path}/invite`, { json: { email: `late${people}@example.com` } })
  await remove(carol)
}

test('who has the whole of it is told so without looking for versions', async () => {
  await found()
  await remove(bob)
  const cursor = stampOf((await memberOf(bob, bob)).createdAt)
  await env.api.context.db.transaction().execute(async (trx) => {
    await sql`lock table session_member_past in access exclusive mode`.execute(trx)
    for (const at of [cursor, cursor + 1]) {
      expect(await bob.pullMembers(group.id, at)).toEqual({ total_count: 0, entries: [] })
    }
  })
  expect((await bob.pullMembers(group.id, cursor - 1)).entries).toMatchObject([{ userId: bob.id }])
})

test('I1, I5: it stays as it was at the removal, whatever becomes of the others, or of himself', async () => {
  await found()
  const [early, late] = [new Reader(bob, path, 2), new Reader(bob, path, 2)]
  await pullAll(early)
  await remove(bob)
  const atOnce = Object.fromEntries(await late.fresh())
  expect(Object.values(atOnce)).toHaveLength(4)
  await rename(bob, 'Bob')
  await changeEverything()

  await expectExact(early)
  await expectExact(late)
  expect(Object.fromEntries(late.rows)).toEqual(atOnce)
  const own = await memberOf(bob, bob)
  expect(own).toMatchObject({ isDelete: true, name: `bob${people}` })
  for (const { updatedAt } of late.rows.values()) {
    expect(stampOf(updatedAt)).toBeLessThanOrEqual(stampOf(own.createdAt))
  }
  expect(await memberOf(bob, carol)).toMatchObject({
    role: 'user',
    name: `carol${people}`,
    avatarUrl: '',
    isDelete: false,
  })
  // One of them alone is no other than in the list, and who came later is not there.
  const seen = await memberOf(bob, carol)
  expect(await bob.must('GET', `${path}/${seen.id}`)).toEqual(seen)
  expectRefusal(await bob.call('GET', `${path}/${(await memberOf(alice, dave)).id}`), 404)
})

test('I1: added again, he is given all that changed meanwhile', async () => {
  await found()
  const readers = [1, 3].map((limit) => new Reader(bob, path, limit))
  for (const reader of readers) await pullAll(reader)
  await remove(bob)
  await changeEverything()
  // His own rows were seen by one of them in between, after he renamed himself: no cursor may pass the others.
  await rename(bob, 'Bob')
  await expectExact(readers[0] as Reader)
  await alice.add(group.id, bob)
  for (const reader of readers) await expectExact(reader)
  expect(await memberOf(bob, carol)).toMatchObject({ isDelete: true, name: 'Carol' })
  expect(await memberOf(bob, dave)).toMatchObject({ isDelete: false })
  expect(await memberOf(bob, bob)).toMatchObject({ isDelete: false, name: 'Bob' })
  expect(readers[0]?.rows).toEqual(readers[1]?.rows)
})

test('I1: removed again and again, each time it is the list of that time', async () => {
  await found()
  const reader = new Reader(bob, path, 2)
  for (let round = 0; round < 3; round++) {
    await rename(carol, `carol in round ${round}`)
    await remove(bob, round % 2 ? bob : alice)
    await rename(carol, `carol after round ${round}`)
    await expectExact(reader)
    expect(await memberOf(bob, carol)).toMatchObject({ name: `carol in round ${round}` })
    if (round < 2) await alice.add(group.id, bob)
    await expectExact(reader)
  }
})

test('an invited address that has become a user since stays an address', async () => {
  await found()
  await remove(bob)
  const before = await bob.pullMembers(group.id)
  const erin = await env.person(`erin${people}`)
  await alice.must('POST', `${path}/invite`, { json: { email: erin.login.email } })
  expect(await bob.pullMembers(group.id)).toEqual(before)
})

test('I5: the group itself is as it was then, too', async () => {
  await found()
  await alice.must('PUT', `sessions/${group.id}`, { json: { name: 'before', avatarUrl: 'a/before' } })
  await remove(bob)
  const then = await bob.must<SessionObject>('GET', `sessions/${group.id}`)
  expect(then).toMatchObject({ id: group.id, type: 'group', name: 'before', avatarUrl: 'a/before' })
  const secret = { name: 'secret', avatarUrl: 'a/secret', description: 'about bob' }
  await alice.must('PUT', `sessions/${group.id}`, { json: secret })
  expect(await bob.must('GET', `sessions/${group.id}`)).toEqual(then)
  await alice.add(group.id, bob)
  expect(await bob.must('GET', `sessions/${group.id}`)).toMatchObject(secret)
})
