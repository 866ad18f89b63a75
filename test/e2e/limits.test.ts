import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { LimitsConfig } from '../../api/limits/config.js'
import { administratorOf } from '../helpers/admin.js'
import { type Answer, request } from '../helpers/http.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { type TempFolder, useTempFolder } from '../helpers/temp-folder.js'
import { TEST_APP } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/** How often who may do what. Addresses are those that a proxy we trust tells of. */

let folder: TempFolder
let env: TestEnv
beforeAll(async () => {
  folder = await useTempFolder()
})
afterEach(() => env.close())
afterAll(() => folder.remove())

const RARELY = { times: 3, perS: 600 }

async function start(limits: Partial<LimitsConfig>, TRUST_PROXY = '1'): Promise<void> {
  env = await TestEnv.start({ limits, settings: { TRUST_PROXY, DATA_DIR: folder.path } })
}

/** An answer of 429 as clients need it. */
function expectTooMany(answer: Answer<unknown>): void {
  expectRefusal(answer, 429)
  expect(answer.body).toMatchObject({ code: 'TooManyRequests' })
  const seconds = Number(answer.headers.get('Retry-After'))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(600)
}

const from = (address: string) => ({ 'X-Forwarded-For': address })

function login(name: string, password: string, address: string) {
  const json = { email: `${name}@example.com`, password }
  return request('POST', `${env.url}/v1/users/login`, { json, headers: from(address) })
}

const logInRightly = (name: string, address: string) => login(name, `password of ${name}`, address)

describe('logging in', () => {
  test('one address tries a few accounts, and no more', async () => {
    await start({ login: RARELY })
    for (const name of ['a', 'b', 'c']) expectRefusal(await login(name, 'guess', '192.0.2.1'), 400)
    expectTooMany(await login('d', 'guess', '192.0.2.1'))
    expectRefusal(await login('d', 'guess', '192.0.2.2'), 400)
    expectRefusal(await login('d', 'guess', '2001:db8::1'), 400)
  })

  test('the addresses of one IPv6 network are one', async () => {
    await start({ login: RARELY })
    for (const n of [1, 2, 3]) expectRefusal(await login('a', 'guess', `2001:db8:0:1::${n}`), 400)
    expectTooMany(await login('a', 'guess', '2001:db8:0:1:ffff::4'))
  })

  test('the password of one account is guessed slowly, from however many addresses', async () => {
    await start({ wrongPassword: RARELY })
    await env.person('alice')
    for (const n of [1, 2, 3]) expectRefusal(await login('alice', `guess ${n}`, `192.0.2.${n}`), 400)
    expectTooMany(await login('alice', 'guess 4', '192.0.2.4'))
    // The right one is not told from a wrong one either, nor does another spelling help.
    expectTooMany(await logInRightly('alice', '192.0.2.5'))
    expectTooMany(await login(' ALICE', 'guess', '192.0.2.6'))
    // Nobody else is concerned, and accounts that do not exist are the same to whoever asks.
    await env.person('bob')
    expect(await logInRightly('bob', '192.0.2.1')).toMatchObject({ status: 200 })
    for (const n of [1, 2, 3]) expectRefusal(await login('nobody', `guess ${n}`, '192.0.2.1'), 400)
    expectTooMany(await login('nobody', 'guess', '192.0.2.1'))
  })

  test('who guesses does not lock the owner out where the owner has been before', async () => {
    await start({ wrongPassword: RARELY })
    await env.person('alice')
    expect(await logInRightly('alice', '192.0.2.1')).toMatchObject({ status: 200 })
    for (let n = 0; n < 5; n++) await login('alice', `guess ${n}`, '198.51.100.1')
    expectTooMany(await login('alice', 'guess', '198.51.100.1'))
    for (let n = 0; n < 5; n++)
      expect(await logInRightly('alice', '192.0.2.1')).toMatchObject({ status: 200 })
    // Having been there before is no licence to guess.
    for (let n = 0; n < 3; n++) expectRefusal(await login('alice', `guess ${n}`, '192.0.2.1'), 400)
    expectTooMany(await logInRightly('alice', '192.0.2.1'))
  })

  test('an account is guessed by app, however the app is named', async () => {
    await start({ wrongPassword: RARELY })
    await env.person('alice')
    const { db } = env.api.context
    const app = { key: 'other-key', secret: 'the secret of the other app', name: 'other', created_at: '1' }
    const other = await db.insertInto('app').values(app).returning('id').executeTakeFirstOrThrow()
    await db.insertInto('app_clock').values({ app_id: other.id, v: '1' }).execute()
    const account = { email: 'alice@example.com', password: 'password in the other app' }
    const post = (path: string, json: object, address = '192.0.2.9') =>
      request('POST', `${env.url}/v1/users/${path}`, { json, headers: from(address) })
    expect(await post('register', { ...account, appKey: app.key })).toMatchObject({ status: 200 })

    // The default app may be named, or not: these are the same account's guesses.
    for (const appKey of [undefined, TEST_APP.appKey, undefined])
      expectRefusal(await post('login', { ...account, password: 'guess', appKey }), 400)
    expectTooMany(await post('login', { ...account, password: 'guess' }))
    expectTooMany(await post('login', { ...account, password: 'guess', appKey: TEST_APP.appKey }))
    // The other app's alice is somebody else; where she has been is nothing to the first one's.
    expect(await post('login', { ...account, appKey: app.key })).toMatchObject({ status: 200 })
    expectTooMany(await logInRightly('alice', '192.0.2.9'))
    for (let n = 0; n < 3; n++)
      expectRefusal(await post('login', { ...account, password: 'guess', appKey: app.key }), 400)
    expectTooMany(await post('login', { ...account, password: 'guess', appKey: app.key }))
  })

  test('nor anywhere for longer than a while', async () => {
    await start({ wrongPassword: { times: 3, perS: 5 } })
    await env.person('alice')
    for (let n = 0; n < 5; n++) await login('alice', `guess ${n}`, '198.51.100.1')
    const refused = await logInRightly('alice', '192.0.2.1')
    expectTooMany(refused)
    await sleep(Number(refused.headers.get('Retry-After')) * 1000)
    expect(await logInRightly('alice', '192.0.2.1')).toMatchObject({ status: 200 })
  })

  test('who logs in rightly may do so often', async () => {
    await start({ wrongPassword: RARELY })
    await env.person('alice')
    for (let n = 0; n < 8; n++)
      expect(await logInRightly('alice', `192.0.2.${n}`)).toMatchObject({ status: 200 })
  })
})

test('accounts are made slowly from one address', async () => {
  await start({ register: RARELY })
  const register = (n: number, address: string) =>
    request('POST', `${env.url}/v1/users/register`, {
      json: { email: `u${n}@example.com`, password: 'secret' },
      headers: from(address),
    })
  for (const n of [1, 2, 3]) expect(await register(n, '192.0.2.1')).toMatchObject({ status: 200 })
  expectTooMany(await register(4, '192.0.2.1'))
  expect(await register(4, '192.0.2.2')).toMatchObject({ status: 200 })
})

describe('a user', () => {
  test('sends so often and no more, whatever the spelling of the address; others go on', async () => {
    await start({ send: RARELY })
    const [alice, bob] = await env.people('alice', 'bob')
    if (!alice || !bob) throw new Error('nobody there')
    const { id } = await alice.p2pWith(bob)
    const json = { type: 'text', content: 'hi' }
    for (let n = 0; n < 3; n++) await alice.send(id, 'hi')
    expectTooMany(await alice.call('POST', `sessions/${id}/messages`, { json }))
    expectTooMany(await alice.call('POST', `Sessions/${id}/Messages/`, { json }))
    // Reading is another matter, so is sending by somebody else, and nothing refused was stored.
    const { entries } = await alice.pullMessages(id)
    expect(entries.filter(({ type }) => type === 'text')).toHaveLength(3)
    for (let n = 0; n < 3; n++) await bob.send(id, 'hi')
  })

  test('searches, and asks for anything, so often and no more', async () => {
    await start({ search: RARELY, request: { times: 8, perS: 600 } })
    const alice = await env.person('alice')
    const bob = await env.person('bob')
    for (let n = 0; n < 3; n++) await alice.call('GET', 'users?filter_term=bob@example.com')
    expectTooMany(await alice.call('GET', 'users?filter_term=bob@example.com'))
    for (let n = 0; n < 4; n++)
      expect(await alice.call('GET', `users/${bob.id}`)).toMatchObject({ status: 200 })
    expectTooMany(await alice.call('GET', `users/${bob.id}`))
    expect(await bob.call('GET', `users/${alice.id}`)).toMatchObject({ status: 200 })
  })

  test('asks for imTokens as for anything else', async () => {
    await start({ request: RARELY })
    const alice = await env.person('alice')
    for (let n = 0; n < 3; n++) {
      expect(await alice.call('POST', 'users/imToken')).toMatchObject({ status: 200 })
    }
    expectTooMany(await alice.call('POST', 'users/imToken'))
    expectTooMany(await alice.call('GET', `users/${alice.id}`))
  })

  test('lists everybody in sight so often and no more, in pages as long as may be', async () => {
    await start({ seen: RARELY })
    const alice = await env.person('alice')
    for (let n = 0; n < 3; n++) {
      expect(await alice.call('GET', `users/${alice.id}/seen`)).toMatchObject({ status: 200 })
    }
    expectTooMany(await alice.call('GET', `users/${alice.id}/seen`))
    expect(await alice.call('GET', `users/${alice.id}`)).toMatchObject({ status: 200 })
  })

  test('changes the own profile so often and no more: everybody who sees it is told', async () => {
    await start({ profile: RARELY })
    const [alice, bob] = await env.people('alice', 'bob')
    if (!alice || !bob) throw new Error('nobody there')
    const rename = (name: string) => alice.call('PUT', `users/${alice.id}`, { json: { name } })
    for (let n = 0; n < 3; n++) expect(await rename(`alice ${n}`)).toMatchObject({ status: 200 })
    expectTooMany(await rename('alice 3'))
    expect((await bob.call('GET', `users/${alice.id}`)).body).toMatchObject({ name: 'alice 2' })
    expect(await bob.call('PUT', `users/${bob.id}`, { json: { name: 'Bob' } })).toMatchObject({ status: 200 })
    expect(await alice.call('GET', `users/${alice.id}`)).toMatchObject({ status: 200 })
  })

  test.each([
    ['uploads', { upload: RARELY }, 'attachments'],
    ['invites', { invite: RARELY }, 'sessions/999999/members/invite'],
    ['guesses the own old password', { setPassword: RARELY }, 'users/setPassword'],
  ])('%s so often and no more, failures counted', async (_title, limits, path) => {
    await start(limits)
    const alice = await env.person('alice')
    const json = { email: 'x@example.com', oldPassword: 'guess', password: 'new' }
    for (let n = 0; n < 3; n++) {
      const { status } = await alice.call('POST', path, { json })
      expect([400, 404, 415]).toContain(status)
    }
    expectTooMany(await alice.call('POST', path, { json }))
  })

  test('an administrator’s token is not limited', async () => {
    await start({ request: RARELY })
    const alice = await env.person('alice')
    const { body } = await request('POST', `${env.url}/oauth/token`, {
      form: {
        grant_type: 'client_credentials',
        client_id: TEST_APP.appKey,
        client_secret: TEST_APP.appSecret,
      },
    })
    for (let n = 0; n < 8; n++) {
      const answer = await request('GET', `${env.url}/v1/users/${alice.id}`, { token: body.access_token })
      expect(answer.status).toBe(200)
    }
  })
})

test('one address is invited so often and no more, by however many people', async () => {
  await start({ invited: RARELY })
  const people = await env.people('alice', 'bob', 'carol', 'dora', 'erin')
  const invite = async (n: number, email: string) => {
    const person = people[n] as Person
    const { id } = await person.group()
    const answer = await person.call('POST', `sessions/${id}/members/invite`, { json: { email } })
    if (answer.status !== 200) expect((await person.pullMembers(id)).total_count).toBe(1)
    return answer
  }
  for (const n of [0, 1, 2]) expect(await invite(n, 'victim@example.org')).toMatchObject({ status: 200 })
  expectTooMany(await invite(3, 'victim@example.org'))
  // Nor under other spellings that lead to the same mailbox.
  expectTooMany(await invite(4, ' Victim@Example.ORG'))
  expectTooMany(await invite(4, 'victim+one@example.org'))
  expect(await invite(3, 'other@example.org')).toMatchObject({ status: 200 })
  // Who has an account gets no mail.
  for (const n of [0, 1, 2, 3]) expect(await invite(n, 'erin@example.com')).toMatchObject({ status: 200 })
  const admin = await administratorOf(env.url)
  const { id } = await (people[0] as Person).group()
  const json = { email: 'victim@example.org' }
  expect(await admin.call('POST', `sessions/${id}/members/invite`, { json })).toMatchObject({ status: 200 })
})

test('what needs no token is limited by address, health checks never are', async () => {
  await start({ anonymous: RARELY })
  for (let n = 0; n < 3; n++)
    expect(await request('POST', `${env.url}/gateHandler`)).toMatchObject({ status: 200 })
  expectTooMany(await request('POST', `${env.url}/gateHandler`))
  expectTooMany(await request('POST', `${env.url}/oauth/token`, { form: {} }))
  for (let n = 0; n < 8; n++) {
    expect(await request('GET', `${env.url}/healthz`)).toMatchObject({ status: 200 })
    expect(await request('GET', `${env.url}/readyz`)).toMatchObject({ status: 200 })
  }
})

test('without TRUST_PROXY nobody chooses an address', async () => {
  await start({ login: RARELY }, 'off')
  for (const n of [1, 2, 3]) expectRefusal(await login('a', 'guess', `192.0.2.${n}`), 400)
  expectTooMany(await login('a', 'guess', '192.0.2.4'))
})

test('pages of other origins may read Retry-After', async () => {
  await start({ anonymous: { times: 1, perS: 600 } })
  await request('POST', `${env.url}/gateHandler`)
  const { headers } = await request('POST', `${env.url}/gateHandler`)
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
  expect(headers.get('Access-Control-Expose-Headers')).toContain('Retry-After')
})

describe('RATE_LIMIT', () => {
  test('on is the default, with limits that a person does not meet', async () => {
    env = await TestEnv.start({ settings: { RATE_LIMIT: '' } })
    expect(env.api.context.config.limits).toMatchObject({ login: { times: 60, perS: 60 } })
    const alice = await env.person('alice')
    for (let n = 0; n < 10; n++) expectRefusal(await login('alice', 'guess', '192.0.2.1'), 400)
    const refused = await login('alice', 'guess', '192.0.2.1')
    expectRefusal(refused, 429)
    expect(await alice.call('GET', `users/${alice.id}`)).toMatchObject({ status: 200 })
  })

  test('off limits nothing', async () => {
    env = await TestEnv.start({ settings: { RATE_LIMIT: 'off' } })
    expect(env.api.context.config.limits).toBeNull()
    const alice = await env.person('alice')
    for (let n = 0; n < 12; n++) expectRefusal(await login('alice', `guess ${n}`, '192.0.2.1'), 400)
    expect(await logInRightly('alice', '192.0.2.1')).toMatchObject({ status: 200 })
    expect(alice.id).toMatch(/^\d+$/)
  })
})
