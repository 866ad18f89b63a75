import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import type { ListObject, MemberObject, UserObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { request } from '../helpers/http.js'
import { keyMailedTo } from '../helpers/mail-folder.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let folder: TempFolder
let administrator: Person
let alice: Person
let bob: Person
let carol: Person
let dave: Person
let count = 0

beforeAll(async () => {
  folder = await useTempFolder()
  env = await TestEnv.start({ settings: { DATA_DIR: folder.path } })
  administrator = await administratorOf(env.url)
})
afterAll(async () => {
  await env.close()
  await folder.remove()
})

/** Four people that no other test knows. */
beforeEach(async () => {
  count += 1
  const names = ['alice', 'bob', 'carol', 'dave'].map((name) => `${name}${count}`)
  ;[alice, bob, carol, dave] = (await env.people(...names)) as [Person, Person, Person, Person]
})

const pathOf = (person: Person) => `users/${person.id}/seen`
const seenBy = (person: Person, cursor?: number, query = '') =>
  person.must<ListObject<UserObject>>('GET', `${pathOf(person)}${query}`, { cursor })
const entries = async (person: Person, cursor?: number) => (await seenBy(person, cursor)).entries
const idsSeenBy = async (person: Person) => new Set((await entries(person)).map(({ id }) => id))
const idsOf = (...people: Person[]) => new Set(people.map(({ id }) => id))
/** A cursor after which only what follows is new. */
const now = async (person: Person) =>
  Math.max(...(await entries(person)).map(({ updatedAt }) => stampOf(updatedAt)))

const befriend = (person: Person, other: Person) =>
  person.must<{ id: string }>('POST', `users/${person.id}/contacts`, { json: { userId: other.id } })
const rename = (person: Person, name: string) =>
  person.must<UserObject>('PUT', `users/${person.id}`, { json: { name } })
async function remove(master: Person, sessionId: string, person: Person) {
  const { entries: members } = await master.pullMembers(sessionId)
  const member = members.find(({ userId }) => userId === person.id) as MemberObject
  await master.must('DELETE', `sessions/${sessionId}/members/${member.id}`)
}

describe('who is seen', () => {
  test('oneself, in full', async () => {
    const body = { phone: '1', address: 'here', jobTitle: 'cook' }
    const self = await alice.must<UserObject>('PUT', `users/${alice.id}`, { json: body })
    expect(await seenBy(alice)).toEqual({ total_count: 1, entries: [self] })
    expect(self).toMatchObject(body)
  })

  test('contacts with their accounts, members without, nobody’s phone and address', async () => {
    for (const person of [bob, carol]) {
      await person.must('PUT', `users/${person.id}`, { json: { phone: '1', address: 'here' } })
    }
    await befriend(alice, bob)
    await alice.group(carol)
    const [, ofBob, ofCarol] = await entries(alice)
    expect(ofBob).toMatchObject({ id: bob.id, email: bob.login.email, phone: '', address: '' })
    expect(ofCarol).toMatchObject({ id: carol.id, email: '', phone: '', address: '' })
    for (const entry of [ofBob, ofCarol]) {
      const alone = await alice.must<UserObject>('GET', `users/${entry?.id}`)
      expect({ ...alone, updatedAt: entry?.updatedAt }).toEqual(entry)
    }
    expect(await idsSeenBy(alice)).toEqual(idsOf(alice, bob, carol))
  })

  test('both sides of a pair, and everybody of a group, but not the others’ contacts', async () => {
    await alice.p2pWith(bob)
    await bob.group(carol)
    await carol.must('GET', `sessions/single/${carol.id}`)
    expect(await idsSeenBy(alice)).toEqual(idsOf(alice, bob))
    expect(await idsSeenBy(bob)).toEqual(idsOf(alice, bob, carol))
    expect(await idsSeenBy(carol)).toEqual(idsOf(bob, carol))
    expect(await idsSeenBy(dave)).toEqual(idsOf(dave))
  })

  test('whoever was in a group before one came, and was a contact once', async () => {
    const { id } = await bob.group(carol)
    await remove(bob, id, carol)
    await bob.add(id, alice)
    const contact = await befriend(alice, dave)
    await alice.must('DELETE', `users/${alice.id}/contacts/${contact.id}`)
    expect(await idsSeenBy(alice)).toEqual(idsOf(alice, bob, carol, dave))
  })

  test('somebody who takes an address up that was invited, once there is an account', async () => {
    const { id } = await alice.group()
    const email = `${crypto.randomUUID()}@example.com`
    await alice.must('POST', `sessions/${id}/members/invite`, { json: { email } })
    expect(await idsSeenBy(alice)).toEqual(idsOf(alice))
    const cursor = await now(alice)
    const json = { email, password: 'secret', name: 'erin', key: await keyMailedTo(folder.path, email) }
    const { body: erin } = await request('POST', `${env.url}/v1/users/register`, { json })
    expect(await entries(alice, cursor)).toMatchObject([{ id: erin.id, name: 'erin', email: '' }])
  })

  test('nobody else’s list is for one to read, but an administrator’s', async () => {
    expectRefusal(await alice.call('GET', pathOf(bob)), 403)
    expectRefusal(await alice.call('GET', 'users/x/seen'), 400)
    await befriend(alice, bob)
    const asAdministrator = await administrator.must('GET', pathOf(alice))
    expect(asAdministrator).toEqual(await seenBy(alice))
    expectRefusal(await administrator.call('GET', 'users/999999999/seen'), 404)
  })
})

describe('I1: what changes it', () => {
  test('a profile, once, by however many ways it is seen', async () => {
    await befriend(alice, bob)
    for (let i = 0; i < 2; i += 1) await alice.group(bob)
    await alice.p2pWith(bob)
    const cursor = await now(alice)
    await rename(bob, 'Robert')
    const { total_count: total, entries: changed } = await seenBy(alice, cursor)
    expect(total).toBe(1)
    expect(changed).toMatchObject([{ id: bob.id, name: 'Robert' }])
    expect(await entries(alice, stampOf(changed[0]?.updatedAt as string))).toEqual([])
  })

  test('a contact that is added or removed, because of the account', async () => {
    await alice.group(bob)
    const cursors = [await now(alice)]
    const contact = await befriend(alice, bob)
    const [added] = await entries(alice, cursors[0])
    expect(added).toMatchObject({ id: bob.id, email: bob.login.email })
    cursors.push(await now(alice))
    await alice.must('DELETE', `users/${alice.id}/contacts/${contact.id}`)
    const changed = await entries(alice, cursors[1])
    expect(changed).toMatchObject([{ id: bob.id, email: '' }])
    // The other side kept the contact.
    expect((await entries(bob)).find(({ id }) => id === alice.id)?.email).toBe(alice.login.email)
  })

  test('not titles, roles, further groups in common, messages, or somebody leaving and coming back', async () => {
    const contact = await befriend(alice, bob)
    const { id } = await alice.group(bob, carol)
    const cursors = await Promise.all([alice, bob, carol].map(now))
    await alice.must('PUT', `users/${alice.id}/contacts/${contact.id}`, { json: { title: 'boss' } })
    const { entries: members } = await alice.pullMembers(id)
    const ofBob = members.find(({ userId }) => userId === bob.id)
    await alice.must('PUT', `sessions/${id}/members/${ofBob?.id}`, { json: { role: 'admin' } })
    await alice.group(bob, carol)
    await alice.p2pWith(carol)
    await alice.send(id, 'hello')
    await remove(alice, id, carol)
    await alice.add(id, carol)
    for (const [n, person] of [alice, bob, carol].entries()) {
      expect(await entries(person, cursors[n])).toEqual([])
    }
  })

  test('a deactivated and a deleted user', async () => {
    await befriend(alice, bob)
    const cursors = [await now(alice)]
    await administrator.must('PUT', `users/${bob.id}`, { json: { status: 'inactive' } })
    expect(await entries(alice, cursors[0])).toMatchObject([{ id: bob.id, status: 'inactive' }])
    cursors.push(await now(alice))
    await administrator.must('DELETE', `users/${bob.id}`)
    expect(await entries(alice, cursors[1])).toMatchObject([{ id: bob.id, isDelete: true }])
  })

  test('somebody who joins is new to those who are there, and they to him', async () => {
    const { id } = await alice.group(bob)
    const cursor = await now(alice)
    const ofCarol = await now(carol)
    await alice.add(id, carol)
    expect(new Set((await entries(alice, cursor)).map((entry) => entry.id))).toEqual(idsOf(carol))
    expect(new Set((await entries(carol, ofCarol)).map((entry) => entry.id))).toEqual(idsOf(alice, bob))
  })
})

describe('I5: after a removal', () => {
  test('who was seen stays and changes; who came later is not seen, until one is back', async () => {
    const { id } = await alice.group(bob)
    await remove(alice, id, bob)
    const cursor = await now(bob)
    await alice.add(id, carol)
    await rename(alice, 'Alicia')
    await rename(carol, 'Caroline')
    const changed = await entries(bob, cursor)
    expect(changed).toMatchObject([{ id: alice.id, name: 'Alicia' }])

    // Others learn no less of one another for that.
    await alice.add(id, dave)
    expect(await idsSeenBy(carol)).toEqual(idsOf(alice, bob, carol, dave))

    const beforeReturn = await now(bob)
    await alice.add(id, bob)
    const learned = await entries(bob, beforeReturn)
    expect(new Set(learned.map((entry) => entry.id))).toEqual(idsOf(carol, dave))
  })

  test('coming back again repeats nobody', async () => {
    const { id } = await alice.group(bob)
    await remove(alice, id, bob)
    await alice.add(id, carol)
    await alice.add(id, bob)
    await remove(alice, id, bob)
    await alice.add(id, dave)
    const cursor = await now(bob)
    await alice.add(id, bob)
    expect((await entries(bob, cursor)).map((entry) => entry.id)).toEqual([dave.id])
    expect(await entries(bob, await now(bob))).toEqual([])
    // Somebody who slept all the while finds each of them once.
    expect(await idsSeenBy(bob)).toEqual(idsOf(alice, bob, carol, dave))
  })

  test('a deleted group leaves everybody in sight', async () => {
    const { id } = await alice.group(bob, carol)
    const before = await seenBy(bob)
    await alice.must('DELETE', `sessions/${id}`)
    expect(await seenBy(bob)).toEqual(before)
  })
})

describe('paging', () => {
  test('pages end with a whole stamp: a newcomer is given a group in one', async () => {
    const { id } = await alice.group(bob, carol)
    await alice.add(id, dave)
    const page = await seenBy(dave, undefined, '?limit=2')
    // Himself, and the others, who all came into sight at once.
    expect(page).toMatchObject({ total_count: 4 })
    expect(page.entries[0]?.id).toBe(dave.id)
    expect(new Set(page.entries.map((entry) => entry.id))).toEqual(idsOf(alice, bob, carol, dave))
    expect(new Set(page.entries.slice(1).map(({ updatedAt }) => updatedAt)).size).toBe(1)
    const skipped = await seenBy(dave, undefined, '?limit=1&offset=1')
    expect(skipped.entries).toEqual(page.entries.slice(1))
  })

  test('1000 unless asked, since each page goes through everybody', async () => {
    await sql`
      with people as (
        insert into app_user (app_id, email, name, created_at, v)
        select 1, ${`crowd of ${alice.id} `} || n, 'crowd', n, n from generate_series(1, 1100) n returning id, v
      )
      insert into contact (owner_id, user_id, created_at, v) select ${alice.id}, id, v, v from people`.execute(
      env.api.context.db,
    )
    const { entries: page, total_count } = await seenBy(alice)
    expect([page.length, total_count]).toEqual([1000, 1101])
  })

  test('I1: a reader that pulls while people come, go, befriend and rename holds what is there', async () => {
    const readers = [alice, bob, carol, dave].map((person) => new Reader(person, pathOf(person), 1))
    let isDone = false
    const reading = readers.map(async (reader) => {
      while (!isDone) await reader.pull()
    })
    const { id } = await alice.group(bob)
    await Promise.all(
      [bob, carol, dave].map(async (person, n) => {
        for (let i = 0; i < 5; i += 1) {
          if (n > 0) await alice.add(id, person)
          await rename(person, `name ${n} ${i}`)
          await person.call('POST', `users/${person.id}/contacts`, { json: { userId: alice.id } })
          if (n > 0) await remove(alice, id, person)
          await person.group(alice)
        }
      }),
    )
    isDone = true
    await Promise.all(reading)
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(reader.repeated).toEqual([])
      expect(reader.rows).toEqual(await reader.fresh())
    }
  })
})
