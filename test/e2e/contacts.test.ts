import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ContactObject } from '../../shared/wire/contacts.js'
import type { ListObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import type { RequestOptions } from '../helpers/http.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let alice: Person
let bob: Person
let carol: Person
let count = 0

beforeAll(async () => {
  env = await TestEnv.start()
})
afterAll(() => env.close())

/** Three people that no other test knows. */
async function newPeople(): Promise<void> {
  count += 1
  ;[alice, bob, carol] = (await env.people(`alice${count}`, `bob${count}`, `carol${count}`)) as [
    Person,
    Person,
    Person,
  ]
}

const list = async (person: Person, cursor?: number, query = '') =>
  (await person.must<ListObject<ContactObject>>('GET', `users/${person.id}/contacts${query}`, { cursor }))
    .entries
const add = (person: Person, other: Person, options?: RequestOptions) =>
  person.must<ContactObject>(
    'POST',
    `users/${person.id}/contacts`,
    options ?? { form: { userId: other.id, name: 'whatever' } },
  )
const at = (person: Person, contact: { id: string }) => `users/${person.id}/contacts/${contact.id}`

describe('adding', () => {
  beforeAll(newPeople)

  test('makes each a contact of the other, with what the other is called', async () => {
    await bob.must('PUT', `users/${bob.id}`, { json: { name: '张三', avatarUrl: 'attachments/1/x' } })
    const own = await add(alice, bob)
    expect(own).toEqual({
      id: expect.stringMatching(/^\d+$/),
      userId: bob.id,
      name: '张三',
      title: '',
      remark: '',
      email: `bob${count}@example.com`,
      avatarUrl: 'attachments/1/x',
      pinyin: ['zhangsan', 'zs'],
      titlePinyin: [],
      isDelete: false,
      createdAt: own.updatedAt,
      updatedAt: own.updatedAt,
    })
    expect(await list(alice)).toEqual([own])
    expect(await list(bob)).toEqual([
      expect.objectContaining({ userId: alice.id, name: `alice${count}`, updatedAt: own.updatedAt }),
    ])
    expect(await alice.must('GET', at(alice, own))).toEqual(own)
    expect(await alice.must('GET', at(alice, own), { cursor: stampOf(own.updatedAt) })).toBeNull()
    expect(await list(alice, undefined, `?filter_term=bob${count}@example.com`)).toEqual([own])
    expect(await list(alice, undefined, `?filter_term=${encodeURIComponent('张三')}`)).toEqual([own])
    expect(await list(alice, undefined, '?filter_term=nobody')).toEqual([])
    // Whoever has somebody as a contact sees his account at the user, too.
    expect(await alice.must('GET', `users/${bob.id}`)).toMatchObject({ email: own.email, phone: '' })
  })

  test('a contact again is refused, and nothing changes', async () => {
    const before = await list(alice)
    expectRefusal(await alice.call('POST', `users/${alice.id}/contacts`, { json: { userId: bob.id } }), 409)
    expect(await list(alice)).toEqual(before)
  })

  test.each([
    { title: 'nobody', json: () => ({ userId: '999999' }), status: 404 },
    { title: 'oneself', json: () => ({ userId: alice.id }), status: 400 },
    { title: 'no user', json: () => ({}), status: 400 },
    { title: 'no id', json: () => ({ userId: 'bob' }), status: 400 },
  ])('$title is refused', async ({ json, status }) => {
    expectRefusal(await alice.call('POST', `users/${alice.id}/contacts`, { json: json() }), status)
  })

  test('two who add each other at the same time are contacts once', async () => {
    await newPeople()
    const answers = await Promise.all(
      [...Array(10).keys()].map((n) =>
        n % 2
          ? alice.call('POST', `users/${alice.id}/contacts`, { json: { userId: bob.id } })
          : bob.call('POST', `users/${bob.id}/contacts`, { json: { userId: alice.id } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)])
    expect(await list(alice)).toMatchObject([{ userId: bob.id, isDelete: false }])
    expect(await list(bob)).toMatchObject([{ userId: alice.id, isDelete: false }])
  })
})

describe('a contact', () => {
  beforeAll(newPeople)

  test('is called what its owner likes, and only by its owner', async () => {
    const contact = await add(alice, bob)
    const theirs = await list(bob)
    const form = { userId: bob.id, name: 'x', title: '王<b>', remark: 'met in Rome' }
    const titled = await alice.must<ContactObject>('PUT', at(alice, contact), { form })
    expect(titled).toMatchObject({
      id: contact.id,
      userId: bob.id,
      name: contact.name,
      title: '王b',
      titlePinyin: ['wangb', 'wb'],
      remark: 'met in Rome',
    })
    expect(stampOf(titled.updatedAt)).toBeGreaterThan(stampOf(contact.updatedAt))
    expect(await list(alice, stampOf(contact.updatedAt))).toEqual([titled])
    expect(await list(bob)).toEqual(theirs)
    // jQuery sends null as text: absent. An empty title clears it.
    const kept = await alice.must('PUT', at(alice, contact), { form: { title: 'null', remark: 'null' } })
    expect(kept).toEqual(titled)
    const cleared = await alice.must('PUT', at(alice, contact), { json: { title: '' } })
    expect(cleared).toMatchObject({ title: '', titlePinyin: [], remark: 'met in Rome' })
  })

  test('is deleted on one side, and comes back under the ids of before', async () => {
    const contact = await add(alice, carol)
    const [theirs] = await list(carol)
    expect(await alice.must('DELETE', at(alice, contact))).toEqual({})
    const [tombstone] = await list(alice, stampOf(contact.updatedAt))
    expect(tombstone).toMatchObject({ id: contact.id, isDelete: true, pinyin: expect.any(Array) })
    expect(await list(carol)).toEqual([theirs])
    // Again changes nothing.
    expect(await alice.must('DELETE', at(alice, contact))).toEqual({})
    expect(await alice.must('GET', at(alice, contact))).toEqual(tombstone)
    expectRefusal(await alice.call('PUT', at(alice, contact), { json: { title: 'x' } }), 404)

    const back = await add(alice, carol)
    expect(back).toMatchObject({ id: contact.id, isDelete: false })
    expect(await list(carol)).toEqual([theirs])
    // The other side comes back with it when it was gone, too.
    await alice.must('DELETE', at(alice, contact))
    await carol.must('DELETE', at(carol, theirs as ContactObject))
    await add(alice, carol)
    expect(await list(carol)).toMatchObject([{ id: theirs?.id, isDelete: false }])
  })

  test('who is deleted as a user is a contact no more', async () => {
    const gone = await env.person('deleted')
    const contact = await add(alice, gone)
    await (await administratorOf(env.url)).must('DELETE', `users/${gone.id}`)
    expect(await list(alice, stampOf(contact.updatedAt))).toMatchObject([{ id: contact.id, isDelete: true }])
    expectRefusal(await carol.call('POST', `users/${carol.id}/contacts`, { json: { userId: gone.id } }), 404)
  })
})

describe('who may', () => {
  let contact: ContactObject
  beforeAll(async () => {
    await newPeople()
    contact = await add(alice, bob)
  })

  const requests: [string, string, () => string, RequestOptions][] = [
    ['list', 'GET', () => `users/${alice.id}/contacts`, {}],
    ['add', 'POST', () => `users/${alice.id}/contacts`, { json: { userId: '1' } }],
    ['read one', 'GET', () => at(alice, contact), {}],
    ['change', 'PUT', () => at(alice, contact), { json: { title: 'x' } }],
    ['delete', 'DELETE', () => at(alice, contact), {}],
  ]
  test.each(requests)('%s: not others, not even the contact', async (_title, method, path, options) => {
    for (const other of [bob, carol]) expectRefusal(await other.call(method, path(), options), 403)
    expect(await list(alice)).toEqual([contact])
  })

  test.each(requests.slice(2))(
    '%s: not by the owner of another one',
    async (_title, method, _path, options) => {
      expectRefusal(await carol.call(method, at(carol, contact), options), 404)
      expectRefusal(await alice.call(method, at(alice, { id: '999999' }), options), 404)
    },
  )

  test('an administrator may', async () => {
    const admin = await administratorOf(env.url)
    expect(await admin.must('GET', `users/${alice.id}/contacts`)).toMatchObject({ total_count: 1 })
    expect(await admin.must('PUT', at(alice, contact), { json: { title: 'x' } })).toMatchObject({
      title: 'x',
    })
    expectRefusal(await admin.call('GET', 'users/999999/contacts'), 404)
  })
})

test('I4: both are told of a new contact; I1: and pull it', async () => {
  await newPeople()
  const devices = await Promise.all([alice.connect(env.mqttUrl), bob.connect(env.mqttUrl)])
  const contact = await add(alice, bob)
  for (const device of devices) {
    const frame = await device.waitFor((each) =>
      each.message?.syncs?.some((sync: { type: number }) => sync.type === 2),
    )
    expect(frame.stamp).toBe(stampOf(contact.updatedAt))
    await device.close()
  }
})

test('I1: deltas of any steps are a fresh fetch', async () => {
  await newPeople()
  const people = [alice, bob, carol]
  const readers = people.map((person) => new Reader(person, `users/${person.id}/contacts`, 1))
  for (let n = 0; n < 60; n += 1) {
    const person = people[n % 3] as Person
    const other = people[(n + 1 + (n % 2)) % 3] as Person
    const known = (await list(person)).find(({ userId }) => userId === other.id)
    const step = (n * 7) % 4
    if (!known || known.isDelete)
      await person.call('POST', `users/${person.id}/contacts`, { json: { userId: other.id } })
    else if (step === 0) await person.must('DELETE', at(person, known))
    else if (step === 1) await person.must('PUT', at(person, known), { json: { title: `title ${n}` } })
    else await person.must('PUT', `users/${person.id}`, { json: { name: `name ${n}` } })
    for (const reader of readers) {
      while ((await reader.pull()) > 0);
      expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
      expect(reader.repeated).toEqual([])
    }
  }
})
