import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import type { MemberObject, SessionObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { createTestDatabase } from '../helpers/database.js'
import { request } from '../helpers/http.js'
import { Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

/** What becomes of the groups of somebody whose account an administrator closes. */

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person
let carol: Person
let count = 0

beforeAll(async () => {
  env = await TestEnv.start()
  admin = await administratorOf(env.url)
  ;[alice, bob, carol] = (await env.people('alice', 'bob', 'carol')) as [Person, Person, Person]
})
afterAll(() => env.close())

/** Somebody to be deleted. */
const somebody = () => env.person(`somebody${++count}`)
const remove = (person: Person) => admin.must('DELETE', `users/${person.id}`)
const setStatus = (person: Person, status: string) =>
  admin.must('PUT', `users/${person.id}`, { json: { status } })
const memberOf = async (reader: Person, id: string, person: Person) =>
  (await reader.pullMembers(id)).entries.find(({ userId }) => userId === person.id) as MemberObject
const texts = async (person: Person, id: string) =>
  (await person.pullMessages(id)).entries.map(({ content }) => JSON.parse(content).text)

async function logInAgain({ baseUrl, login: { email, name } }: Person): Promise<Person> {
  const json = { email, password: `password of ${name}` }
  return new Person(baseUrl, (await request('POST', `${baseUrl}/v1/users/login`, { json })).body)
}

async function until<T>(look: () => Promise<T>, fits: (seen: T) => boolean, timeoutMs = 15_000): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(20)) {
    const seen = await look()
    if (fits(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`)
  }
}

const untilOut = (reader: Person, id: string, person: Person) =>
  until(
    () => memberOf(reader, id, person),
    ({ isDelete }) => isDelete,
  )

describe('whoever is deleted', () => {
  test('leaves the groups, as if by himself: tombstone, mts, name, words, announcement', async () => {
    const gone = await somebody()
    const { id } = await alice.group(gone, bob)
    const p2p = await alice.p2pWith(gone)
    const readers = [alice, bob].flatMap((person) => [
      new Reader(person, `sessions/${id}/members`, 2),
      new Reader(person, `users/${person.id}/userConversations`, 2),
      new Reader(person, 'sessions', 2),
    ])
    for (const reader of readers) while ((await reader.pull()) > 0);
    const device = await bob.connect(env.mqttUrl)

    await remove(gone)
    const tombstone = await untilOut(bob, id, gone)
    const stamp = stampOf(tombstone.createdAt)
    await device.nudge(`group_${id}`, stamp)
    await device.close()
    expect(await env.api.memberships.find(id)).toMatchObject({
      mts: stamp,
      memberIds: new Set([alice.id, bob.id]),
    })
    expect(await alice.must<SessionObject>('GET', `sessions/${id}`)).toMatchObject({ name: 'alice,bob' })
    expect((await texts(bob, id)).at(-1)).toBe(`${gone.login.name}离开了群`)
    // The other side of a pair keeps what there was, and the pair keeps its members.
    expect(await memberOf(alice, p2p.id, gone)).toMatchObject({ isDelete: false })
    expect((await alice.pullMessages(p2p.id)).total_count).toBe(1)
    expect((await env.api.memberships.find(p2p.id))?.memberIds).toEqual(new Set([alice.id]))
    expect(await alice.p2pWith(gone)).toMatchObject({ id: p2p.id })
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
      expect(reader.repeated).toEqual([])
    }
  })

  test('hands mastership to an administrator, or else to the oldest', async () => {
    const [first, second] = [await somebody(), await somebody()]
    const { id } = await first.group(second, alice, bob)
    const other = (await second.group(carol, alice)).id
    const { id: memberId } = await memberOf(first, id, bob)
    await first.must('PUT', `sessions/${id}/members/${memberId}`, { json: { role: 'admin' } })
    await Promise.all([remove(first), remove(second)])
    await untilOut(alice, id, first)
    await untilOut(alice, other, second)
    expect(await memberOf(alice, id, bob)).toMatchObject({ role: 'master' })
    expect(await memberOf(alice, id, first)).toMatchObject({ role: 'user', isDelete: true })
    expect(await memberOf(alice, other, carol)).toMatchObject({ role: 'master' })
  })

  test('does not come back: nobody adds or invites him', async () => {
    const gone = await somebody()
    const { id } = await alice.group(gone)
    await remove(gone)
    await untilOut(alice, id, gone)
    const json = { userId: gone.id, email: gone.login.email }
    expectRefusal(await alice.call('POST', `sessions/${id}/members`, { json }), 404)
    expectRefusal(await alice.call('POST', `sessions/${id}/members/invite`, { json }), 404)
  })

  test('is not added by whoever raced it', async () => {
    for (let round = 0; round < 5; round++) {
      const gone = await somebody()
      const { id } = await alice.group()
      const json = { userId: gone.id }
      await Promise.all([alice.call('POST', `sessions/${id}/members`, { json }), remove(gone)])
      await until(
        () => memberOf(alice, id, gone),
        (member) => !member || member.isDelete,
      )
    }
  })

  test('is no master and no successor even before the groups are told', async () => {
    const gone = await somebody()
    const { id } = await gone.group(alice, bob)
    const second = (await alice.group(gone, bob)).id
    // As it is between the deletion and the sweep.
    const { db } = env.api.context
    const hide = (isDeleted: boolean) =>
      db.updateTable('app_user').set({ is_deleted: isDeleted }).where('id', '=', gone.id).execute()
    await hide(true)
    try {
      expect((await env.api.memberships.find(id))?.memberIds).toEqual(new Set([alice.id, bob.id]))
      // A newcomer does not become master over those who are in.
      await alice.add(id, carol)
      expect(await alice.must<SessionObject>('GET', `sessions/${id}`)).toMatchObject({
        name: 'alice,bob,carol',
      })
      const { entries } = await alice.pullMembers(id)
      const masters = entries.filter(({ role, isDelete }) => role === 'master' && !isDelete)
      expect(masters).toMatchObject([{ userId: alice.id }])
      // Older than bob, and still not next.
      const { id: memberId } = await memberOf(alice, second, alice)
      await alice.must('DELETE', `sessions/${second}/members/${memberId}`)
      expect(await memberOf(bob, second, bob)).toMatchObject({ role: 'master' })
    } finally {
      await hide(false)
    }
    await remove(gone)
    await untilOut(alice, id, gone)
    expect(await memberOf(bob, id, alice)).toMatchObject({ role: 'master' })
  })

  test('from many groups: in small transactions, while others go on; a restart resumes it', async () => {
    const database = await createTestDatabase()
    let here = await TestEnv.start({ database })
    try {
      const [dora, gone] = (await here.people('dora', 'gone')) as [Person, Person]
      const { id } = await dora.group(gone)
      const { db } = here.api.context
      await copyGroup(db, id, 300)
      const left = async () => {
        const { rows } = await sql<{ v: string; count: string }>`
          select v, count(*) from session_member where user_id = ${gone.id} and is_deleted group by v`.execute(
          here.api.context.db,
        )
        return rows.map((row) => Number(row.count))
      }
      const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0)

      await (await administratorOf(here.url)).must('DELETE', `users/${gone.id}`)
      const own = (await dora.p2pWith(await here.person('erin'))).id
      await dora.send(own, 'nobody waits for the sweep')
      const before = sum(await left())
      expect(before).toBeLessThan(301)
      await here.close()

      here = await TestEnv.start({ database })
      const counts = await until(left, (seen) => sum(seen) === 301, 60_000)
      expect(Math.max(...counts)).toBeLessThanOrEqual(5)
      const masters = await sql<{ count: string }>`
        select count(*) from session_member where role = 'master' and not is_deleted`.execute(
        here.api.context.db,
      )
      expect(masters.rows).toEqual([{ count: '301' }])
    } finally {
      await here.close()
      await database.drop()
    }
  }, 120_000)
})

test('a large group is left in a transaction of its own, small ones a few together', async () => {
  const gone = await somebody()
  const groups: string[] = []
  for (let n = 0; n < 5; n++) groups.push((await alice.group(gone)).id)
  const large = groups.slice(1, 3)
  const { db } = env.api.context
  for (const id of large) {
    await sql`
      with people as (
        insert into app_user (app_id, email, name, created_at, v)
        select 1, ${`crowd of ${id} `} || n, 'crowd', 1, 1 from generate_series(1, 600) n returning id
      )
      insert into session_member (session_id, user_id, role, created_at, v)
      select ${id}, id, 'user', 1, 1 from people`.execute(db)
  }
  await remove(gone)
  for (const id of groups) await untilOut(alice, id, gone)
  const stamps = await Promise.all(groups.map(async (id) => (await memberOf(alice, id, gone)).updatedAt))
  expect(new Set(stamps).size).toBe(4)
  expect(stamps[3]).toBe(stamps[4])
})

describe('whoever is deactivated', () => {
  test('stays a member, and comes back as one; but is not chosen as master', async () => {
    const idle = await somebody()
    const { id } = await alice.group(idle, bob)
    const { id: memberId } = await memberOf(alice, id, idle)
    await alice.must('PUT', `sessions/${id}/members/${memberId}`, { json: { role: 'admin' } })
    await setStatus(idle, 'inactive')
    const own = await memberOf(alice, id, alice)
    await alice.must('DELETE', `sessions/${id}/members/${own.id}`)
    expect(await memberOf(bob, id, bob)).toMatchObject({ role: 'master' })
    expect(await memberOf(bob, id, idle)).toMatchObject({ role: 'admin', isDelete: false })
    await setStatus(idle, 'active')
    await (await logInAgain(idle)).send(id, 'back')
  })

  test('becomes master where nobody else is left: a group that anybody is in has one', async () => {
    const idle = await somebody()
    const { id } = await alice.group(idle)
    await setStatus(idle, 'inactive')
    const own = await memberOf(alice, id, alice)
    await alice.must('DELETE', `sessions/${id}/members/${own.id}`)
    await setStatus(idle, 'active')
    expect(await memberOf(await logInAgain(idle), id, idle)).toMatchObject({ role: 'master' })
  })
})

/** As many groups more with the same members and roles. */
async function copyGroup(db: TestEnv['api']['context']['db'], id: string, howMany: number): Promise<void> {
  await sql`
    with copy as (
      insert into session (app_id, type, creator_id, name, mts, created_at, v)
      select app_id, type, creator_id, name, mts, created_at, v from session, generate_series(1, ${howMany}::int)
      where id = ${id} returning id
    ), head as (
      insert into session_head (session_id, v) select id, 1 from copy
    ), member as (
      insert into session_member (session_id, user_id, role, created_at, v)
      select copy.id, m.user_id, case m.role when 'master' then 'user' else 'master' end, m.created_at, m.v
      from copy, session_member m where m.session_id = ${id}
      returning id, session_id, user_id
    )
    insert into conversation (user_id, session_id, id, read_count, joined_count, created_at, v)
    select user_id, session_id, id, 0, 0, 1, 1 from member`.execute(db)
}
