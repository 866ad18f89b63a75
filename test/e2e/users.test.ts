import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ListObject, UserObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type RequestOptions, request } from '../helpers/http.js'
import { type Person, stampOf } from '../helpers/person.js'
import { Reader } from '../helpers/reader.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TestEnv } from '../helpers/test-env.js'

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person

beforeAll(async () => {
  env = await TestEnv.start()
  admin = await administratorOf(env.url)
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
})
afterAll(() => env.close())

const login = (email: string, password: string) =>
  request('POST', `${env.url}/v1/users/login`, { form: { email, password } })
const search = (person: Person, term: string) =>
  person.must<ListObject<UserObject>>('GET', `users?filter_term=${term}`)
const me = (person: Person) => person.must<UserObject>('GET', `users/${person.id}`)
/** The same change in both encodings. */
const encodings: [string, (fields: Record<string, string>) => RequestOptions][] = [
  ['JSON', (json) => ({ json })],
  ['a form', (form) => ({ form })],
]

describe('setPassword', () => {
  test.each(encodings)('in %s: the new one is good, the old one is not', async (title, encode) => {
    const name = `setter-${title.length}`
    const person = await env.person(name)
    const change = encode({ oldPassword: `password of ${name}`, password: 'new' })
    expect(await person.must('POST', 'users/setPassword', change)).toEqual({ success: true })
    expect(await login(`${name}@example.com`, 'new')).toMatchObject({ status: 200 })
    expectRefusal(await login(`${name}@example.com`, `password of ${name}`), 400)
    // Nothing that anybody is shown has changed.
    expect((await me(person)).updatedAt).toBe(person.login.updatedAt)
  })

  test.each([
    { title: 'a wrong old password', json: { oldPassword: 'x', password: 'y' }, status: 400 },
    { title: 'no old password', json: { password: 'y' }, status: 400 },
    { title: 'an empty new one', json: { oldPassword: 'password of alice', password: '' }, status: 400 },
  ])('$title is refused', async ({ json, status }) => {
    expectRefusal(await alice.call('POST', 'users/setPassword', { json }), status)
    expect(await login('alice@example.com', 'password of alice')).toMatchObject({ status: 200 })
  })

  test('an administrator has none', async () => {
    const json = { oldPassword: 'x', password: 'y' }
    expectRefusal(await admin.call('POST', 'users/setPassword', { json }), 403)
  })

  test('eight at once: one wins', async () => {
    const person = await env.person('racer')
    const answers = await Promise.all(
      [...Array(8).keys()].map((n) =>
        person.call('POST', 'users/setPassword', {
          json: { oldPassword: 'password of racer', password: `new ${n}` },
        }),
      ),
    )
    const won = answers.flatMap(({ status }, n) => (status === 200 ? [n] : []))
    expect(won).toHaveLength(1)
    expect(await login('racer@example.com', `new ${won[0]}`)).toMatchObject({ status: 200 })
  })
})

describe('search', () => {
  test('by account, in any case, and with the + that old clients do not escape', async () => {
    await env.person('plus+sign')
    expect(await search(alice, 'BOB@example.com')).toMatchObject({
      total_count: 1,
      entries: [{ id: bob.id }],
    })
    expect(await search(alice, 'plus+sign@example.com')).toMatchObject({ entries: [{ name: 'plus+sign' }] })
    expect(await search(alice, 'bob@example')).toEqual({ total_count: 0, entries: [] })
  })

  test('by name; whose account it is comes first, whatever others are called', async () => {
    const namesake = await env.person('namesake')
    await namesake.must('PUT', `users/${namesake.id}`, { json: { name: 'bob@example.com' } })
    const { entries, total_count } = await search(alice, 'bob@example.com')
    expect(total_count).toBe(2)
    expect(entries.map(({ id }) => id)).toEqual([bob.id, namesake.id])
    // The account of somebody found by name is not given away.
    expect(entries.map(({ email }) => email)).toEqual(['bob@example.com', ''])
  })

  test('finds live users only', async () => {
    const gone = await env.person('gone')
    const idle = await env.person('idle')
    await admin.must('DELETE', `users/${gone.id}`)
    await admin.must('PUT', `users/${idle.id}`, { json: { status: 'inactive' } })
    for (const term of ['gone', 'gone@example.com', 'idle', 'idle@example.com']) {
      expect(await search(alice, term)).toEqual({ total_count: 0, entries: [] })
    }
  })

  test('without a term: the delta of all users, tombstones too, for administrators only', async () => {
    expectRefusal(await alice.call('GET', 'users'), 403)
    expectRefusal(await alice.call('GET', 'users?filter_term='), 403)
    const reader = new Reader(admin, 'users', 3)
    while ((await reader.pull()) > 0);
    expect(reader.rows.get(alice.id)).toMatchObject({ email: 'alice@example.com', isDelete: false })
    await admin.must('PUT', `users/${bob.id}`, { json: { jobTitle: 'cook' } })
    const gone = await env.person('gone-too')
    await admin.must('DELETE', `users/${gone.id}`)
    while ((await reader.pull()) > 0);
    expect(reader.rows.get(bob.id)).toMatchObject({ jobTitle: 'cook' })
    expect(reader.rows.get(gone.id)).toMatchObject({ isDelete: true })
    expect(reader.repeated).toEqual([])
    expect(Object.fromEntries(reader.rows)).toEqual(Object.fromEntries(await reader.fresh()))
  })
})

describe('a profile', () => {
  test.each(encodings)('is its owner’s to change, in %s', async (title, encode) => {
    const person = await env.person(`owner-${title.length}`)
    const before = await me(person)
    const fields = {
      email: `Moved-${title.length}@example.com`,
      name: '张三<b>',
      jobTitle: 'cook',
      phone: '1',
      address: 'here',
      avatarUrl: 'attachments/1/x',
    }
    const after = await person.must<UserObject>('PUT', `users/${person.id}`, encode(fields))
    expect(after).toMatchObject({
      ...fields,
      email: `moved-${title.length}@example.com`,
      name: '张三b',
      pinyin: ['zhangsanb', 'zsb'],
    })
    expect(stampOf(after.updatedAt)).toBeGreaterThan(stampOf(before.updatedAt))
    expect(await me(person)).toEqual(after)
    // What is absent stays; so does a name that is blank; an avatar of one space is none.
    const cleared = await person.must('PUT', `users/${person.id}`, encode({ name: ' ', avatarUrl: ' ' }))
    expect(cleared).toMatchObject({ name: '张三b', avatarUrl: '', phone: '1' })
    expect(
      await login(`moved-${title.length}@example.com`, `password of owner-${title.length}`),
    ).toMatchObject({
      status: 200,
    })
  })

  test('that is saved unchanged is not new to anybody', async () => {
    const { id, name, email, updatedAt } = await me(bob)
    expect(await bob.must('PUT', `users/${id}`, { json: { name, email } })).toMatchObject({ updatedAt })
  })

  test('role and status are kept when their owner sends them, and changed by an administrator', async () => {
    const json = { role: 'admin', status: 'inactive' }
    expect(await bob.must('PUT', `users/${bob.id}`, { json })).toMatchObject({
      role: 'user',
      status: 'active',
    })
    const promoted = await admin.must('PUT', `users/${bob.id}`, { json: { role: 'coadmin' } })
    expect(promoted).toMatchObject({ role: 'coadmin', status: 'active' })
  })

  test.each([
    { title: 'somebody else’s', path: () => `users/${alice.id}`, json: { name: 'x' }, status: 403 },
    { title: 'nobody’s', path: () => 'users/999999', json: { name: 'x' }, status: 403 },
    {
      title: 'a taken account',
      path: () => `users/${bob.id}`,
      json: { email: 'alice@example.com' },
      status: 409,
    },
    { title: 'an account with spaces', path: () => `users/${bob.id}`, json: { email: 'a b' }, status: 400 },
    { title: 'a long name', path: () => `users/${bob.id}`, json: { name: 'x'.repeat(256) }, status: 400 },
    { title: 'an unknown role', path: () => `users/${bob.id}`, json: { role: 'god' }, status: 400 },
  ])('$title cannot be saved', async ({ path, json, status }) => {
    const before = await me(bob)
    expectRefusal(await bob.call('PUT', path(), { json }), status)
    expect(await me(bob)).toEqual(before)
  })

  test('others see neither account nor phone nor address', async () => {
    await bob.must('PUT', `users/${bob.id}`, { json: { phone: '12', address: 'there', jobTitle: 'cook' } })
    const seen = await alice.must('GET', `users/${bob.id}`)
    expect(seen).toMatchObject({ name: 'bob', jobTitle: 'cook', email: '', phone: '', address: '' })
    expect(await admin.must('GET', `users/${bob.id}`)).toMatchObject({
      email: 'bob@example.com',
      phone: '12',
    })
  })

  test('one account taken by many at once is one’s', async () => {
    const people = await env.people('many1', 'many2', 'many3', 'many4')
    const json = { email: 'wanted@example.com' }
    const answers = await Promise.all(people.map((one) => one.call('PUT', `users/${one.id}`, { json })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
  })
})

describe('administrators', () => {
  test('create accounts that cannot log in', async () => {
    const fields = { email: 'New@example.com', name: '李四', role: 'customer', phone: '3' }
    const user = await admin.must<UserObject>('POST', 'users', { form: fields })
    expect(user).toMatchObject({
      ...fields,
      email: 'new@example.com',
      status: 'active',
      pinyin: ['lisi', 'ls'],
    })
    expectRefusal(await login('new@example.com', ''), 400)
    expectRefusal(await login('new@example.com', 'null'), 400)
    expectRefusal(await admin.call('POST', 'users', { form: fields }), 409)
    expectRefusal(await admin.call('POST', 'users', { json: { email: 'x@example.com' } }), 400)
    expectRefusal(await alice.call('POST', 'users', { json: { email: 'x@example.com', name: 'x' } }), 403)
  })

  test.each([
    ['deleted', (id: string) => admin.must('DELETE', `users/${id}`)],
    ['deactivated', (id: string) => admin.must('PUT', `users/${id}`, { json: { status: 'inactive' } })],
  ])('lock out whoever is %s', async (title, lock) => {
    const person = await env.person(`locked-${title}`)
    expect(await person.must('GET', `users/${person.id}/userConversations`)).toMatchObject({ total_count: 0 })
    expect(await lock(person.id)).toBeDefined()
    const { status, body } = await login(`locked-${title}@example.com`, `password of locked-${title}`)
    expect({ status, message: body.message }).toEqual({ status: 400, message: '账号已停用' })
    expectRefusal(await person.call('GET', `users/${person.id}/userConversations`), 401)
    expectRefusal(await person.call('POST', 'sessions', { json: { type: 'group' } }), 401)
    await expect(person.imToken()).rejects.toThrow('InvalidToken')
  })

  test('let in again', async () => {
    const person = await env.person('returning')
    await admin.must('PUT', `users/${person.id}`, { json: { status: 'inactive' } })
    expectRefusal(await person.call('GET', `users/${person.id}`), 401)
    await admin.must('PUT', `users/${person.id}`, { json: { status: 'active' } })
    // By a login of now: the earlier ones have ended.
    expectRefusal(await person.call('GET', `users/${person.id}`), 401)
    const answer = await login('returning@example.com', 'password of returning')
    expect(answer.body).toMatchObject({ status: 'active', token: expect.any(String) })
  })

  test('deleting is theirs, and final', async () => {
    const person = await env.person('final')
    expectRefusal(await person.call('DELETE', `users/${person.id}`), 403)
    expectRefusal(await alice.call('DELETE', `users/${person.id}`), 403)
    expectRefusal(await admin.call('DELETE', 'users/999999'), 404)
    expect(await admin.must('DELETE', `users/${person.id}?force=true`)).toEqual({})
    expect(await admin.must('DELETE', `users/${person.id}`)).toEqual({})
    expect(await admin.must('GET', `users/${person.id}`)).toMatchObject({ isDelete: true })
    expectRefusal(await admin.call('PUT', `users/${person.id}`, { json: { name: 'x' } }), 404)
  })
})

describe('records', () => {
  test('count the logins of a day', async () => {
    const person = await env.person('regular')
    for (let n = 0; n < 2; n += 1) await login('regular@example.com', 'password of regular')
    await login('regular@example.com', 'wrong')
    const today = new Date()
    const plain = `${today.getUTCFullYear()}-${today.getUTCMonth() + 1}-${today.getUTCDate()}`
    for (const day of [plain, today.toISOString().slice(0, 10), today.toISOString()]) {
      const records = await admin.must<unknown[]>('GET', `records/${encodeURIComponent(day)}`)
      expect(records).toContainEqual({ userId: person.id, count: 3 })
    }
    expect(await admin.must('GET', 'records/2016-1-28')).toEqual([])
  })

  test('come in pages', async () => {
    await env.people('page1', 'page2', 'page3')
    const path = `records/${new Date().toISOString().slice(0, 10)}`
    const all = await admin.must<{ userId: string }[]>('GET', path)
    expect(all.length).toBeGreaterThanOrEqual(3)
    const paged: unknown[] = []
    for (;;) {
      const page = await admin.must<unknown[]>('GET', `${path}?limit=2&offset=${paged.length}`)
      expect(page.length).toBeLessThanOrEqual(2)
      if (page.length === 0) break
      paged.push(...page)
    }
    expect(paged).toEqual(all)
    expect(await admin.must('GET', `${path}?limit=100000`)).toEqual(all)
    for (const query of ['limit=0', 'limit=x', 'offset=-1']) {
      expectRefusal(await admin.call('GET', `${path}?${query}`), 400)
    }
  })

  test('are the administrators’', async () => {
    expectRefusal(await alice.call('GET', 'records/2016-1-28'), 403)
    expectRefusal(await admin.call('GET', 'records/yesterday'), 400)
  })
})
