import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import jwt from 'jsonwebtoken'
import { ensureApp } from '../../api/apps/store.js'
import { createTokens, type Tokens } from '../../shared/server/tokens.js'
import type { LoginObject, TokenObject } from '../../shared/wire/objects.js'
import { type RequestOptions, request } from '../helpers/http.js'
import { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { countRows } from '../helpers/rows.js'
import { TEST_APP, TEST_TOKEN_SECRET } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

const NOON = new Date(2026, 5, 15, 12).getTime()
const DAY_MS = 24 * 3600 * 1000

let env: TestEnv
let now = NOON
let tokens: Tokens
let alice: Person
let bob: Person
let appId: string

beforeAll(async () => {
  env = await TestEnv.start({ now: () => now })
  tokens = env.api.context.tokens
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
  appId = tokens.verify('access', alice.token)?.app as string
})
beforeEach(() => {
  now = NOON
})
afterAll(() => env.close())

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

describe('where the token is', () => {
  const create = (options: RequestOptions, query = '') =>
    request('POST', `${env.url}/v1/sessions${query}`, options)
  const me = (options: RequestOptions, query = '') =>
    request('GET', `${env.url}/v1/users/${alice.id}${query}`, options)

  test('in the header, in the query, or in a form', async () => {
    expect(await me(bearer(alice.token))).toMatchObject({ status: 200, body: { id: alice.id } })
    expect(await me({}, `?access_token=${alice.token}`)).toMatchObject({
      status: 200,
      body: { id: alice.id },
    })
    const form = { type: 'group', access_token: alice.token }
    expect(await create({ form })).toMatchObject({ status: 200 })
  })

  test('in the header of a GET that calls itself a form, as old clients’ do', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await me({ headers, token: alice.token })).toMatchObject({ status: 200 })
    const path = `${env.url}/v1/sessions/999999/members/1`
    expectRefusal(await request('DELETE', path, { headers, token: alice.token }), 404)
  })

  test('in more than one place: 400', async () => {
    const form = { type: 'group', access_token: alice.token }
    const query = `?access_token=${alice.token}`
    for (const answer of [
      await create({ form, token: alice.token }),
      await create({ form }, query),
      await create({ json: { type: 'group' }, token: alice.token }, query),
      await create({ form, token: alice.token }, query),
      await me({ token: alice.token }, query),
      await me({}, `${query}&access_token=${alice.token}`),
    ]) {
      expectRefusal(answer, 400)
      expect(answer.body).toMatchObject({ error: 'invalid_request' })
    }
  })

  test('nowhere, or where it does not count: 400', async () => {
    for (const answer of [
      await me({}),
      await create({ json: { type: 'group' } }),
      await create({ json: { type: 'group', access_token: alice.token } }),
      await me({ headers: { Cookie: `access_token=${alice.token}` } }),
    ]) {
      expectRefusal(answer, 400)
      expect(answer.body).toMatchObject({ error: 'invalid_request' })
    }
  })

  test.each([
    ['no scheme', (token: string) => token],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['no token', () => 'Bearer'],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
    ['a list', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['nothing', () => ''],
  ])('a malformed header, %s: 400', async (_title, header) => {
    const answer = await me({ headers: { Authorization: header(alice.token) } })
    expectRefusal(answer, 400)
    expect(answer.body).toMatchObject({ error: 'invalid_request' })
  })
})

describe('which token', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = () => ({ sub: alice.id, app: appId, aud: 'access', iss: 'nudge', exp: 4e9 })
  const parts = () => alice.token.split('.') as [string, string, string]

  test.each<[string, () => string]>([
    ['garbage', () => 'garbage'],
    ['three parts of garbage', () => 'a.b.c'],
    ['a NUL', () => '%00'],
    ['one that has expired', () => tokens.sign('access', { sub: alice.id, app: appId, login: 'l' }, -10)],
    [
      'one of another secret',
      () =>
        createTokens(`not ${TEST_TOKEN_SECRET}`).sign('access', { sub: alice.id, app: appId, login: 'l' }),
    ],
    ['an imToken', () => tokens.sign('im', { sub: alice.id, app: appId, login: 'l' })],
    ['a service token', () => tokens.sign('service', { sub: 'push' })],
    ['one without a signature', () => `${parts()[0]}.${parts()[1]}.`],
    ['one with bob’s claims', () => `${parts()[0]}.${bob.token.split('.')[1]}.${parts()[2]}`],
    ['alg none', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`],
    ['alg None, signed', () => `${part({ alg: 'None', typ: 'JWT' })}.${part(claims())}.${parts()[2]}`],
    ['another algorithm', () => jwt.sign(claims(), TEST_TOKEN_SECRET, { algorithm: 'HS512' })],
    ['another issuer', () => jwt.sign({ ...claims(), iss: 'other' }, TEST_TOKEN_SECRET)],
    ['one without an app', () => jwt.sign({ ...claims(), app: undefined }, TEST_TOKEN_SECRET)],
  ])('%s on REST: 401', async (_title, token) => {
    for (const path of [`users/${alice.id}`, 'sessions/1', 'emojis']) {
      const answer = await request('GET', `${env.url}/v1/${path}?access_token=${encodeURIComponent(token())}`)
      expectRefusal(answer, 401)
      expect(answer.body).toMatchObject({ error: 'invalid_token' })
    }
    const answer = await request('GET', `${env.url}/v1/users/${alice.id}`, bearer(token()))
    expectRefusal(answer, 401)
  })

  test('what push asks takes a service token only', async () => {
    const { id } = await alice.p2pWith(bob)
    const ask = (token: string) => request('GET', `${env.url}/internal/sessions/${id}/membership`, { token })
    const answer = await ask(tokens.sign('service', { sub: 'push' }))
    expect(answer).toMatchObject({ status: 200, body: { sessionId: id, type: 'p2p' } })
    expect(answer.body.memberIds.sort()).toEqual([alice.id, bob.id].sort())
    for (const token of [
      alice.token,
      tokens.sign('admin', { app: appId }),
      tokens.sign('im', { sub: alice.id, app: appId, login: 'l' }),
      tokens.sign('service', { sub: 'push' }, -10),
    ]) {
      expectRefusal(await ask(token), 401)
    }
    expectRefusal(await request('GET', `${env.url}/internal/sessions/${id}/membership`), 400)
  })
})

describe('accounts', () => {
  const login = (email: string, password: string) =>
    request('POST', `${env.url}/v1/users/login`, { form: { email, password } })
  const setUser = (id: string, change: { status?: string; is_deleted?: boolean }) =>
    env.api.context.db.updateTable('app_user').set(change).where('id', '=', id).execute()

  test('login gives what old clients store', async () => {
    const answer = await login('alice@example.com', 'password of alice')
    expect(answer.body).toMatchObject({
      id: alice.id,
      email: 'alice@example.com',
      name: 'alice',
      role: 'user',
      status: 'active',
      isDelete: false,
      expires: 2592000,
      key: TEST_APP.appKey,
    })
    const date = '2026-6-15'
    const digest = createHash('md5')
      .update(TEST_APP.appSecret + date)
      .digest('hex')
    expect(answer.body.secret).toBe(`${digest}==${date}`)
    expect(tokens.verify('access', answer.body.token)).toEqual({
      sub: alice.id,
      app: appId,
      login: expect.any(String),
    })
  })

  test('an account is the same in any case and with spaces around it', async () => {
    expect(await login(' ALICE@Example.COM ', 'password of alice')).toMatchObject({ body: { id: alice.id } })
  })

  test('refusals of login, in the vendor’s words and never 401', async () => {
    const dora = await env.person('dora')
    const refused = async (email: string, password: string, message: string) => {
      const answer = await login(email, password)
      expectRefusal(answer, 400)
      expect(answer.body).toMatchObject({ message })
    }
    await refused('nobody@example.com', 'p', '用户不存在')
    await refused('dora@example.com', 'password of alice', '用户密码不匹配')
    await refused('dora@example.com', 'Password of dora', '用户密码不匹配')
    await setUser(dora.id, { status: 'inactive' })
    await refused('dora@example.com', 'password of dora', '账号已停用')
    await setUser(dora.id, { status: 'active', is_deleted: true })
    await refused('dora@example.com', 'password of dora', '账号已停用')
  })

  test('twenty registrations of one account at once make one', async () => {
    const json = { email: 'carol@example.com', password: 'p' }
    const answers = await Promise.all(
      [...Array(20).keys()].map(() => request('POST', `${env.url}/v1/users/register`, { json })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
    for (const answer of answers.filter(({ status }) => status === 409)) expectRefusal(answer, 409)
    expectRefusal(await request('POST', `${env.url}/v1/users/register`, { json }), 409)
  })

  test.each([
    ['the part before @', { email: 'erin@example.com' }, 'erin'],
    ['the same for a blank name', { email: 'frank@example.com', name: '  ' }, 'frank'],
    ['the account when nothing is before @', { email: '@grace' }, '@grace'],
    ['without markup', { email: 'heidi@example.com', name: ' <b>"heidi" ' }, 'bheidi'],
  ])('a name is %s', async (_title, fields, name) => {
    const json = { ...fields, password: 'p' }
    expect(await request('POST', `${env.url}/v1/users/register`, { json })).toMatchObject({
      status: 200,
      body: { name },
    })
  })

  test('passwords are kept as scrypt hashes and never given out', async () => {
    const { db } = env.api.context
    const rows = await db.selectFrom('app_user').select('password_hash').execute()
    expect(rows.length).toBeGreaterThan(2)
    for (const { password_hash } of rows) {
      expect(password_hash).toMatch(/^scrypt\$1024\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    }
    const json = { email: 'ivan@example.com', password: 'very secret' }
    const answers = [
      await request('POST', `${env.url}/v1/users/register`, { json }),
      await request('POST', `${env.url}/v1/users/login`, { json }),
      await alice.call('GET', `users/${bob.id}`),
      await alice.call('GET', `users/${alice.id}`),
    ]
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toMatch(/password|scrypt|very secret/i)
    }
  })

  test('a user that is no newer than Client-Sync-Time is null', async () => {
    const { body } = await alice.call('GET', `users/${bob.id}`)
    const stamp = Date.parse(body.updatedAt)
    expect(await alice.must('GET', `users/${bob.id}`, { cursor: stamp })).toBeNull()
    expect(await alice.must('GET', `users/${bob.id}`, { cursor: stamp - 1 })).toEqual(body)
  })
})

describe('/oauth/token', () => {
  const buy = (secret: string, options: RequestOptions = { token: alice.token }, key = TEST_APP.appKey) => {
    const form = { grant_type: 'client_credentials', client_id: key, client_secret: secret }
    return request('POST', `${env.url}/oauth/token`, { form, ...options })
  }

  test('the dated secret and a user’s token buy an imToken of that user', async () => {
    const answer = await buy(alice.login.secret)
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer', expires_in: 3600 } })
    expect(tokens.verify('im', answer.body.access_token)).toEqual({
      iat: expect.any(Number),
      sub: alice.id,
      app: appId,
      login: tokens.verify('access', alice.token)?.login,
    })
    expect(tokens.verify('access', answer.body.access_token)).toBeUndefined()
    const ofBob = await buy(alice.login.secret, { token: bob.token })
    expect(tokens.verify('im', ofBob.body.access_token)).toMatchObject({ sub: bob.id })
  })

  test('the raw secret buys an administrator’s token, without any other', async () => {
    const answer = await buy(TEST_APP.appSecret, {})
    expect(answer.status).toBe(200)
    expect(tokens.verify('admin', answer.body.access_token)).toEqual({ app: appId })
    expect(tokens.verify('im', answer.body.access_token)).toBeUndefined()
  })

  test.each([
    ['yesterday', -DAY_MS, 200],
    ['today', 0, 200],
    ['tomorrow', DAY_MS, 200],
    ['the day before yesterday', -2 * DAY_MS, 400],
    ['the day after tomorrow', 2 * DAY_MS, 400],
  ])('a secret dated %s', async (_title, shift, status) => {
    now = NOON - shift
    const answer = await buy(alice.login.secret)
    expect(answer.status).toBe(status)
    if (status !== 200) expectRefusal(answer, 400)
  })

  test('a wrong key or secret is 400, as is a missing one', async () => {
    for (const answer of [
      await buy('wrong'),
      await buy(''),
      await buy(`${TEST_APP.appSecret} `),
      await buy(`${'0'.repeat(32)}==2026-6-15`),
      await buy(alice.login.secret, { token: alice.token }, 'no such key'),
      await buy('null'),
    ]) {
      expectRefusal(answer, 400)
    }
  })

  test('a missing or bad user’s token is 401: for 400 old clients log in anew, without a pause', async () => {
    for (const options of [
      {},
      { token: 'garbage' },
      { headers: { Authorization: 'Basic x' } },
      { token: tokens.sign('access', { sub: alice.id, app: appId, login: 'l' }, -10) },
      { token: tokens.sign('im', { sub: alice.id, app: appId, login: 'l' }) },
      { token: tokens.sign('admin', { app: appId }) },
    ]) {
      const answer = await buy(alice.login.secret, options)
      expectRefusal(answer, 401)
      expect(answer.body).toMatchObject({ error: 'invalid_token' })
    }
  })
})

describe('users/imToken', () => {
  const ask = (options: RequestOptions) => request('POST', `${env.url}/v1/users/imToken`, options)
  const inForm = (fields: Record<string, string>) => ({ form: { ...fields, access_token: alice.token } })

  test('gives for the access token alone what /oauth/token sells', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_id: alice.login.key,
      client_secret: alice.login.secret,
    }
    for (const device of [undefined, 'phone']) {
      const more = device === undefined ? undefined : { device }
      const sold = await request('POST', `${env.url}/oauth/token`, {
        token: alice.token,
        form: { ...form, ...more },
      })
      const { access_token: soldToken, ...soldRest } = sold.body
      for (const options of [{ token: alice.token, json: more }, inForm({ ...more })]) {
        const { status, body } = await ask(options)
        expect(status).toBe(200)
        const { access_token: token, ...rest } = body
        expect(rest).toEqual(soldRest)
        expect(tokens.verify('access', token)).toBeUndefined()
        const claims = tokens.verify('im', soldToken)
        expect(claims).toMatchObject({ sub: alice.id, app: appId, ...more })
        expect(tokens.verify('im', token)).toEqual({ ...claims, iat: expect.any(Number) })
      }
    }
  })

  test('also when the secret of the login has gone stale', async () => {
    now = NOON + 29 * DAY_MS
    const { status, body } = await ask({ token: alice.token })
    expect(status).toBe(200)
    expect(tokens.verify('im', body.access_token)).toMatchObject({ sub: alice.id })
  })

  test('an administrator has no devices: 403', async () => {
    const token = tokens.sign('admin', { app: appId })
    expectRefusal(await ask({ token }), 403)
    expectRefusal(await ask({ token, json: { device: 'phone' } }), 403)
  })

  test('no token is 400, a bad one 401', async () => {
    for (const options of [{}, { json: { device: 'phone' } }, { json: { access_token: alice.token } }]) {
      const answer = await ask(options)
      expectRefusal(answer, 400)
      expect(answer.body).toMatchObject({ error: 'invalid_request' })
    }
    for (const token of [
      'garbage',
      tokens.sign('access', { sub: alice.id, app: appId, login: 'l' }, -10),
      tokens.sign('im', { sub: alice.id, app: appId, login: 'l' }),
      tokens.sign('service', { sub: 'push' }),
    ]) {
      expectRefusal(await ask({ token }), 401)
    }
  })
})

describe('apps do not see each other', () => {
  const OTHER = { key: 'other-key', secret: 'other-secret' }
  let mallory: Person
  let otherAdmin: Person
  let admin: Person
  let groupId: string
  let memberId: string

  /** Somebody with a token for `app`, as administrators of their own server are. */
  const adminOf = (app: string, like: Person) => {
    const token = tokens.sign('admin', { app })
    return new Person(env.url, { ...like.login, token })
  }

  beforeAll(async () => {
    const app = await ensureApp(env.api.context.db, { ...OTHER, name: 'other', createdAt: NOON })
    // The same account as alice's, in the other app.
    const json = { email: alice.login.email, password: 'p', name: 'mallory', appKey: OTHER.key }
    expect(await request('POST', `${env.url}/v1/users/register`, { json })).toMatchObject({ status: 200 })
    const { body } = await request<LoginObject>('POST', `${env.url}/v1/users/login`, { json })
    mallory = new Person(env.url, body)
    expect(mallory.id).not.toBe(alice.id)
    expect(mallory.login.key).toBe(OTHER.key)
    otherAdmin = adminOf(app.id, mallory)
    admin = adminOf(appId, alice)

    groupId = (await alice.group(bob)).id
    await alice.send(groupId, 'secret')
    const members = await alice.pullMembers(groupId)
    memberId = members.entries.find(({ userId }) => userId === bob.id)?.id as string
  })

  const send = { json: { type: 'text', content: '{}' } }
  const FOREIGN: [string, string, () => string, () => RequestOptions][] = [
    ['a user', 'GET', () => `users/${alice.id}`, () => ({})],
    ['a conversation list', 'GET', () => `users/${alice.id}/userConversations`, () => ({})],
    ['a session', 'GET', () => `sessions/${groupId}`, () => ({})],
    ['members', 'GET', () => `sessions/${groupId}/members`, () => ({})],
    ['messages', 'GET', () => `sessions/${groupId}/messages`, () => ({})],
    ['history', 'GET', () => `sessions/${groupId}/messages/history`, () => ({})],
    ['a pair of others', 'GET', () => `sessions/p2p/${alice.id}/${bob.id}`, () => ({})],
    ['a pair with somebody', 'GET', () => `sessions/p2p/${mallory.id}/${alice.id}`, () => ({})],
    ['a single session', 'GET', () => `sessions/single/${alice.id}`, () => ({})],
    ['a new member', 'POST', () => `sessions/${groupId}/members`, () => ({ json: { userId: mallory.id } })],
    ['a known member', 'POST', () => `sessions/${groupId}/members`, () => ({ json: { userId: bob.id } })],
    ['a message', 'POST', () => `sessions/${groupId}/messages`, () => send],
    ['a removal', 'DELETE', () => `sessions/${groupId}/members/${memberId}`, () => ({})],
  ]

  test.each(FOREIGN)('%s of another app: %s is refused', async (_title, method, path, options) => {
    const before = await countRows(env)
    for (const person of [mallory, otherAdmin]) {
      const answer = await person.call(method, path(), options())
      expectRefusal(answer)
      expect([403, 404]).toContain(answer.status)
    }
    expect(await countRows(env)).toEqual(before)
  })

  test('people of another app cannot be added to one’s own group', async () => {
    const own = await mallory.group()
    for (const person of [mallory, otherAdmin]) {
      expectRefusal(
        await person.call('POST', `sessions/${own.id}/members`, { json: { userId: bob.id } }),
        404,
      )
    }
  })

  test('a dated secret and a user’s token must be of the same app', async () => {
    for (const [person, secrets] of [
      [mallory, alice],
      [alice, mallory],
    ] as const) {
      const answer = await request('POST', `${env.url}/oauth/token`, {
        token: person.token,
        form: {
          grant_type: 'client_credentials',
          client_id: secrets.login.key,
          client_secret: secrets.login.secret,
        },
      })
      expectRefusal(answer, 401)
    }
  })

  test('an imToken for the access token alone is of the token’s app', async () => {
    const { access_token: token } = await mallory.must<TokenObject>('POST', 'users/imToken')
    const { app } = tokens.verify('access', mallory.token) as { app: string }
    expect(app).not.toBe(appId)
    expect(tokens.verify('im', token)).toMatchObject({ sub: mallory.id, app })
  })

  test('a login looks in its own app only', async () => {
    const json = { email: 'bob@example.com', password: 'password of bob', appKey: OTHER.key }
    const answer = await request('POST', `${env.url}/v1/users/login`, { json })
    expect(answer).toMatchObject({ status: 400, body: { message: '用户不存在' } })
  })

  test('an administrator’s token passes the checks inside its app', async () => {
    expect(await admin.must('GET', `users/${alice.id}`)).toMatchObject({ id: alice.id })
    const conversations = await admin.must<{ total_count: number }>(
      'GET',
      `users/${bob.id}/userConversations`,
    )
    expect(conversations.total_count).toBeGreaterThan(0)
    expect(await admin.must('GET', `sessions/${groupId}`)).toMatchObject({ id: groupId })
    expect(await admin.pullMembers(groupId)).toMatchObject({ total_count: 2 })
    const { entries } = await admin.pullMessages(groupId)
    expect(entries.some(({ content }) => content === '{"text":"secret"}')).toBe(true)
    const history = await admin.must<unknown[]>('GET', `sessions/${groupId}/messages/history`)
    expect(history).toHaveLength(entries.length)
    expect(await admin.must('GET', `sessions/p2p/${alice.id}/${bob.id}`)).toMatchObject({ type: 'p2p' })

    const carol = await env.person('karol')
    const member = await admin.add(groupId, carol)
    expect(member).toMatchObject({ userId: carol.id, role: 'user', isDelete: false })
    await admin.must('DELETE', `sessions/${groupId}/members/${member.id}`)
    expectRefusal(await carol.call('GET', `sessions/${groupId}/messages`), 403)
    // An administrator reads for nobody.
    expect(
      (await bob.pullConversations()).entries.find(({ sessionId }) => sessionId === groupId),
    ).toMatchObject({
      unread: 4,
    })
  })
})

describe('every answer', () => {
  const cases: [string, string, () => RequestOptions, number][] = [
    ['GET', '/v1/users/1', () => ({ token: alice.token }), 200],
    ['GET', '/v1/users/1', () => ({}), 400],
    ['GET', '/v1/users/1', () => ({ token: 'garbage' }), 401],
    ['GET', '/v1/users/%', () => ({ token: alice.token }), 400],
    ['GET', '/v1/users/2/userConversations', () => ({ token: 'x' }), 401],
    ['GET', '/v1/nothing', () => ({ token: alice.token }), 404],
    ['POST', '/v1/users/login', () => ({ json: {} }), 400],
    ['POST', '/v1/users/login', () => ({ raw: '{', headers: { 'Content-Type': 'application/json' } }), 400],
    ['POST', '/oauth/token', () => ({ form: {} }), 400],
    ['POST', '/gateHandler', () => ({ form: { oper: 'register', country: '' } }), 200],
    ['GET', '/nothing', () => ({}), 404],
  ]

  test.each(cases)(
    '%s %s may be read by any page and is not stored',
    async (method, path, options, status) => {
      const { headers, status: given } = await request(method, env.url + path, options())
      expect(given).toBe(status)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('etag')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('content-type')).toMatch(/^application\/json/)
    },
  )

  test.each(['/v1/users/1', '/v1/sessions/1/messages', '/oauth/token', '/gateHandler', '/v1/nothing'])(
    'OPTIONS %s',
    async (path) => {
      const { status, headers } = await request('OPTIONS', env.url + path, {
        headers: {
          Origin: 'http://example.com',
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'authorization,client-sync-time,content-type',
        },
      })
      expect(status).toBe(200)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      const listed = (name: string) => headers.get(name)?.split(/,\s*/)
      expect(listed('access-control-allow-methods')).toEqual(
        expect.arrayContaining(['PUT', 'POST', 'GET', 'DELETE', 'OPTIONS']),
      )
      expect(listed('access-control-allow-headers')).toEqual(
        expect.arrayContaining([
          'Authorization',
          'Client-Sync-Time',
          'Content-Type',
          'Content-MD5',
          'Content-Length',
          'Accept',
          'X-Requested-With',
        ]),
      )
    },
  )

  test('the gate gives a place of push', async () => {
    const { body } = await request('POST', `${env.url}/gateHandler`, { form: { oper: 'register' } })
    expect(body).toEqual({
      data: { region: 'local', url: expect.stringMatching(/^127\.0\.0\.1:\d+\/mqtt#$/) },
    })
  })
})

test('a failure of our own says nothing about itself, and old clients still see an error', async () => {
  const clock = {
    stamp: async () => {
      throw new Error('the password of the database is hunter2')
    },
  }
  const broken = await TestEnv.start({ clock })
  try {
    const json = { email: 'alice@example.com', password: 'p' }
    const { status, body, headers } = await request('POST', `${broken.url}/v1/users/register`, { json })
    expect({ status, body }).toEqual({
      status: 500,
      body: { status: 500, code: 'Internal', error: 'Internal', message: 'internal error' },
    })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('cache-control')).toBe('no-store')
    expect([...headers.values()].join()).not.toContain('hunter2')
    // It goes on answering.
    expectRefusal(await request('POST', `${broken.url}/v1/users/login`, { json }), 400)
  } finally {
    await broken.close()
  }
})
