import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { MessageObject, SessionObject } from '../../shared/wire/objects.js'
import { administratorOf } from '../helpers/admin.js'
import { type Attack, expectInVain, expectRefusals, memberOf, removeMember } from '../helpers/attack.js'
import { type RequestOptions, request } from '../helpers/http.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { TEST_APP } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/**
 * Those of the original's weaknesses (yun2win.md §4) that let people do what is not theirs, attacked by somebody
 * who means it: mallory from inside, eve from outside. The others are in weaknesses-data and weaknesses-push.
 */

let env: TestEnv
let admin: Person
let alice: Person
let bob: Person
let carol: Person
let mallory: Person
let eve: Person

beforeAll(async () => {
  env = await TestEnv.start()
  const people = await env.people('alice', 'bob', 'carol', 'mallory', 'eve')
  ;[alice, bob, carol, mallory, eve] = people as [Person, Person, Person, Person, Person]
  admin = await administratorOf(env.url)
})
afterAll(() => env.close())

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

const post = (path: string, json: object) => request('POST', `${env.url}/v1/${path}`, { json })
const login = (email: string, password: string) => post('users/login', { email, password })

describe('W4: what is below another’s /users/:uid', () => {
  let groupId: string
  let rows: Record<'contacts' | 'userConversations' | 'userSessions', string>
  beforeAll(async () => {
    groupId = (await alice.group(bob)).id
    const create = async (list: string, json: object) =>
      (await alice.must<{ id: string }>('POST', `users/${alice.id}/${list}`, { json })).id
    rows = {
      contacts: await create('contacts', { userId: bob.id }),
      userConversations: await create('userConversations', { targetId: groupId, type: 'group' }),
      userSessions: await create('userSessions', { sessionId: groupId }),
    }
  })

  /** Good for every one of the addresses, so that nothing but the owner can be what is wrong. */
  const fields = () => ({
    userId: eve.id,
    targetId: eve.id,
    type: 'p2p',
    sessionId: groupId,
    name: 'pwned',
    title: 'pwned',
    remark: 'pwned',
    top: 'true',
    unread: '9',
    email: 'pwned@example.com',
  })
  const requests = (): [string, string][] => [
    ['PUT', ''],
    ['DELETE', ''],
    ['GET', '/seen'],
    ['PUT', `/userConversations/${rows.userConversations}/unread`],
    ...Object.entries(rows).flatMap(([list, id]): [string, string][] => [
      ['GET', `/${list}`],
      ['POST', `/${list}`],
      ...['GET', 'PUT', 'DELETE'].map((method): [string, string] => [method, `/${list}/${id}`]),
    ]),
  ]

  test.each<[string, (method: string) => { query?: string; options: RequestOptions } | undefined]>([
    ['header', (method) => ({ options: method === 'GET' ? {} : { json: fields() } })],
    [
      'query',
      (method) => ({
        query: `?access_token=${mallory.token}`,
        options: { token: undefined, ...(method !== 'GET' && { json: fields() }) },
      }),
    ],
    [
      'form',
      (method) =>
        method === 'GET'
          ? undefined
          : { options: { token: undefined, form: { ...fields(), access_token: mallory.token } } },
    ],
  ])('is closed to a token in the %s', async (_title, carry) => {
    const attacks = requests().flatMap(([method, path]): Attack[] => {
      const carried = carry(method)
      if (!carried) return []
      return [[403, mallory, method, `users/${alice.id}${path}${carried.query ?? ''}`, carried.options]]
    })
    expect(attacks.length).toBeGreaterThan(10)
    await expectInVain(alice, [groupId], attacks)
  })

  test('nor is it found below one’s own, or by another spelling of the id', async () => {
    await expectInVain(
      alice,
      [groupId],
      [
        ...requests()
          .filter(([, path]) => /\d/.test(path))
          .map(([method, path]): Attack => {
            const options = method === 'GET' ? {} : { json: fields() }
            return [404, mallory, method, `users/${mallory.id}${path}`, options]
          }),
        [400, mallory, 'GET', `users/0${alice.id}/contacts`],
        [400, mallory, 'GET', `users/${alice.id}%20/contacts`],
        [400, mallory, 'GET', `users/${mallory.id}%2F..%2F${alice.id}/contacts`],
        [403, mallory, 'GET', `users/${mallory.id}/../${alice.id}/contacts`],
        [403, mallory, 'GET', `Users/${alice.id}/Contacts/`],
        [400, mallory, 'GET', 'users/-1/contacts'],
        [403, mallory, 'GET', `users/${alice.id}/contacts`, { headers: { 'On-Behalf-Of': alice.id } }],
      ],
    )
  })

  test('and nobody gives himself a rank in the app', async () => {
    const before = await mallory.must('GET', `users/${mallory.id}`)
    for (const role of ['admin', 'coadmin']) {
      // Old clients send a role along, which counts for nothing.
      await mallory.must('PUT', `users/${mallory.id}`, { form: { name: 'mallory', role } })
      const json = { email: 'accomplice@example.com', name: 'accomplice', role }
      await expectInVain(mallory, [], [[403, mallory, 'POST', 'users', { json }]])
    }
    expect(await mallory.must('GET', `users/${mallory.id}`)).toEqual(before)
  })
})

describe('W5: words in somebody’s mouth', () => {
  let groupId: string
  let path: string
  let ofAlice: MessageObject
  beforeAll(async () => {
    groupId = (await alice.group(bob, mallory, carol)).id
    path = `sessions/${groupId}/messages`
    ofAlice = await alice.send(groupId, 'I owe nothing')
    await removeMember(alice, groupId, carol)
  })
  const forged = (sender: unknown, type = 'text') => ({ json: { sender, type, content: '{"text":"I owe"}' } })

  test('cannot be sent', async () => {
    await expectInVain(
      alice,
      [groupId],
      [
        [403, mallory, 'POST', path, forged(alice.id)],
        [403, mallory, 'POST', path, { form: forged(alice.id).json as Record<string, string> }],
        [403, mallory, 'POST', path, forged(alice.id, 'system')],
        [403, mallory, 'POST', path, forged('system')],
        [400, mallory, 'POST', path, forged('SYSTEM', 'system')],
        [400, mallory, 'POST', path, forged(' system', 'system')],
        [400, mallory, 'POST', path, forged('-1')],
        [400, mallory, 'POST', path, forged(Number(alice.id))],
        [400, mallory, 'POST', path, forged([mallory.id, alice.id])],
        [403, eve, 'POST', path, forged('system', 'system')],
        [403, eve, 'POST', path, forged(eve.id)],
        [403, carol, 'POST', path, forged('system', 'system')],
        [403, admin, 'POST', path, forged(alice.id)],
      ],
    )
  })

  test('cannot be edited in, nor taken back', async () => {
    const own = await mallory.send(groupId, 'mine')
    const other = await mallory.group()
    const message = `${path}/${ofAlice.id}`
    const elsewhere = `sessions/${other.id}/messages/${ofAlice.id}`
    await expectInVain(
      alice,
      [groupId],
      [
        ...[mallory, eve, carol].flatMap((by): Attack[] => [
          [403, by, 'PUT', message, forged(alice.id)],
          [403, by, 'PUT', message, forged(alice.id, 'system')],
          [403, by, 'PUT', message, forged(undefined)],
          [403, by, 'DELETE', message],
        ]),
        [404, mallory, 'PUT', elsewhere, forged(undefined, 'system')],
        [404, mallory, 'DELETE', elsewhere],
        [403, mallory, 'PUT', `${path}/${own.id}`, forged(alice.id)],
        // Who runs the group recalls, but does not speak for others either.
        [403, alice, 'PUT', `${path}/${own.id}`, forged(mallory.id)],
      ],
    )
  })

  test('and who posts in the name of the system is on record', async () => {
    const { id } = await mallory.must<MessageObject>('POST', path, forged('system', 'system'))
    const { db } = env.api.context
    const row = await db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst()
    expect(row).toMatchObject({ sender_id: null, actor_id: mallory.id })
  })
})

test('W6: sessions, members, users and records are not anybody’s to read', async () => {
  const group = await alice.group(bob)
  const pair = await alice.p2pWith(bob)
  const own = await alice.must<SessionObject>('GET', `sessions/single/${alice.id}`)
  const message = await alice.send(group.id, 'between us')
  const { id: memberId } = await memberOf(alice, group.id, bob)
  await alice.must('PUT', `users/${alice.id}`, { json: { phone: '555 1234', address: 'Main Street 1' } })

  await expectInVain(
    alice,
    [group.id, pair.id],
    [
      ...[group, pair, own].flatMap(({ id }) =>
        ['', '/members', '/messages', '/messages/history'].map((part): Attack => {
          return [403, eve, 'GET', `sessions/${id}${part}`]
        }),
      ),
      [403, eve, 'GET', `sessions/${group.id}/members/${memberId}`],
      [403, eve, 'GET', `sessions/${group.id}/messages/${message.id}`],
      [403, eve, 'GET', 'users'],
      [403, eve, 'GET', 'users?filter_term='],
      [403, eve, 'GET', 'records/2026-1-1'],
      [401, eve, 'GET', `../internal/sessions/${group.id}/membership`],
      [401, eve, 'GET', '../internal/ended-logins'],
      [401, eve, 'POST', '../internal/presence', { json: {} }],
    ],
  )
  for (const term of ['%', '_lice', 'ali', 'alice@', '*', "' or true --"]) {
    const found = await eve.must('GET', `users?filter_term=${encodeURIComponent(term)}`)
    expect(found).toEqual({ total_count: 0, entries: [] })
  }
  expect(JSON.stringify(await eve.must('GET', 'sessions'))).not.toContain(`"${group.id}"`)
  const seen = await eve.must('GET', `users/${alice.id}`)
  expect(seen).toMatchObject({ name: 'alice', email: '', phone: '', address: '' })
})

describe('W7: the session of a pair', () => {
  test('is opened by nobody else, in no spelling, and made at no other address', async () => {
    await expectInVain(
      alice,
      [],
      [
        [403, eve, 'GET', `sessions/p2p/${alice.id}/${carol.id}`],
        [403, eve, 'GET', `sessions/p2p/${carol.id}/${alice.id}`],
        [403, eve, 'GET', `sessions/p2p/${alice.id}/${alice.id}`],
        [400, eve, 'GET', `sessions/p2p/0${alice.id}/${eve.id}`],
        [400, eve, 'GET', `sessions/p2p/${eve.id}:${alice.id}/${eve.id}`],
        [403, eve, 'GET', `sessions/single/${alice.id}`],
        ...['p2p', 'single', 'P2P', 'y2wIMApp', ['group', 'p2p']].map((type): Attack => {
          return [400, eve, 'POST', 'sessions', { json: { type, mark: `${alice.id}:${carol.id}` } }]
        }),
      ],
    )
  })

  test('is not taken beforehand by a group that claims its mark', async () => {
    const mark = [alice.id, carol.id].join(':')
    const claims = { mark, pairKey: mark, pair_key: mark, creatorId: alice.id }
    const claimed = await eve.group()
    const created = await eve.must<SessionObject>('POST', 'sessions', { json: { type: 'group', ...claims } })
    for (const { id } of [claimed, created]) await eve.add(id, eve)
    await eve.must('PUT', `sessions/${claimed.id}`, { json: { ...claims, type: 'p2p', name: 'x' } })
    expect(await eve.must('GET', `sessions/${claimed.id}`)).toMatchObject({ type: 'group' })

    const pair = await alice.p2pWith(carol)
    expect([claimed.id, created.id]).not.toContain(pair.id)
    const { entries } = await carol.pullMembers(pair.id)
    expect(entries.map(({ userId }) => userId).sort()).toEqual([alice.id, carol.id].sort())
    await expectInVain(
      alice,
      [pair.id],
      [
        [403, eve, 'POST', `sessions/${pair.id}/members`, { json: { userId: eve.id } }],
        [403, alice, 'POST', `sessions/${pair.id}/members`, { json: { userId: eve.id } }],
        [
          404,
          eve,
          'POST',
          `users/${eve.id}/userConversations`,
          { json: { type: 'group', targetId: pair.id } },
        ],
      ],
    )
  })
})

describe('W8: a group in the hands of others', () => {
  test('no member raises himself, topples the master or rewrites who a row is', async () => {
    const { id } = await alice.group(bob, mallory)
    const members = `sessions/${id}/members`
    const of = async (person: Person) => `${members}/${(await memberOf(alice, id, person)).id}`
    const [own, master, bobs] = [await of(mallory), await of(alice), await of(bob)]
    const all = { name: 'x', avatarUrl: ' ', status: 'inactive' }
    const attacks = (): Attack[] => [
      [403, mallory, 'PUT', own, { json: { userId: mallory.id, role: 'master', ...all } }],
      [403, mallory, 'POST', members, { json: { userId: mallory.id, role: 'master' } }],
      [403, mallory, 'POST', members, { json: { userId: eve.id, role: 'admin' } }],
      [403, mallory, 'PUT', master, { json: { userId: alice.id, role: 'user', ...all } }],
      [403, mallory, 'DELETE', master],
      [403, mallory, 'PUT', `sessions/${id}`, { json: { name: 'mine', secureType: 'public' } }],
      [403, mallory, 'DELETE', `sessions/${id}`],
      [403, eve, 'POST', members, { json: { userId: eve.id } }],
      [403, eve, 'DELETE', bobs],
      [400, alice, 'PUT', bobs, { json: { userId: eve.id, role: 'user' } }],
      [400, alice, 'PUT', bobs, { form: { userId: eve.id, role: 'admin' } }],
    ]
    await expectInVain(
      alice,
      [id],
      [
        [403, mallory, 'PUT', own, { json: { userId: mallory.id, role: 'admin', ...all } }],
        [403, mallory, 'DELETE', bobs],
        ...attacks(),
      ],
    )
    // Not as an administrator either.
    await alice.must('PUT', own, { json: { role: 'admin' } })
    await expectInVain(alice, [id], attacks())
    // And what of a member's row is not his role is nobody's to write.
    await alice.must('PUT', bobs, { json: { userId: bob.id, role: 'user', ...all } })
    expect(await memberOf(alice, id, bob)).toMatchObject({ name: 'bob', status: 'active', role: 'user' })
  })

  test('a session without members is open to nobody, when it is new and when all have left', async () => {
    const { id } = await alice.must<SessionObject>('POST', 'sessions', { json: { type: 'group' } })
    const enter = (userId: string): RequestOptions => ({ json: { userId, role: 'master' } })
    const members = `sessions/${id}/members`
    const attacks: Attack[] = [
      [403, eve, 'POST', members, enter(eve.id)],
      [403, eve, 'POST', members, enter(alice.id)],
      [403, eve, 'POST', `${members}/invite`, { json: { email: eve.login.email } }],
    ]
    await expectRefusals(attacks)
    await alice.add(id, alice)
    await alice.add(id, mallory)
    await removeMember(mallory, id, mallory)
    await removeMember(alice, id, alice)
    await expectInVain(
      alice,
      [],
      [
        ...attacks,
        [403, mallory, 'POST', members, enter(mallory.id)],
        [403, alice, 'POST', members, enter(alice.id)],
      ],
    )
    expect((await env.api.memberships.find(id))?.memberIds).toEqual(new Set())
  })
})

describe('W9: passwords', () => {
  test('are kept salted and costly, and the hash opens nothing', async () => {
    const password = md5('123456')
    for (const name of ['twin1', 'twin2']) await post('users/register', { email: name, password })
    const { db } = env.api.context
    const rows = await db
      .selectFrom('app_user')
      .select('password_hash')
      .where('email', 'like', 'twin%')
      .execute()
    const hashes = rows.map(({ password_hash }) => password_hash as string)
    expect(new Set(hashes).size).toBe(2)
    for (const hash of hashes) {
      expect(hash).toMatch(/^scrypt\$/)
      expect(hash).not.toContain(md5(password))
      expectRefusal(await login('twin1', hash), 400)
    }
    expectRefusal(await login('twin1', md5(password)), 400)
    expect(await login('twin1', password)).toMatchObject({ status: 200 })
  })

  test('have no back door', async () => {
    const { appSecret } = TEST_APP
    for (const key of [appSecret, md5(appSecret), alice.login.secret, alice.token, '', 'null']) {
      expectRefusal(await login(alice.login.email, key), 400)
      await expectRefusals([
        [400, alice, 'POST', 'users/setPassword', { json: { oldPassword: key, password: 'pwned' } }],
        [400, alice, 'POST', 'users/setPassword', { form: { oldPassword: key, password: 'pwned' } }],
      ])
    }
    // The one door is for oneself.
    const grace = await env.person('grace')
    const json = { oldPassword: 'password of grace', password: 'mine', userId: alice.id, email: 'alice' }
    await grace.must('POST', 'users/setPassword', { json })
    expect(await login(alice.login.email, 'password of alice')).toMatchObject({ status: 200 })
    expect(await login(grace.login.email, 'mine')).toMatchObject({ status: 200 })
  })

  test('do not open, or give away, an account that has none', async () => {
    const account = { email: 'staff@example.com', name: 'staff' }
    await admin.must('POST', 'users', { json: account })
    for (const guess of ['null', 'undefined', ' ', TEST_APP.appSecret]) {
      expectRefusal(await login(account.email, guess), 400)
    }
    expectRefusal(await post('users/register', { ...account, password: 'pwned' }), 409)
    expectRefusal(await login(account.email, 'pwned'), 400)
  })

  test('are guessed slowly', async () => {
    const limits = { wrongPassword: { times: 3, perS: 600 }, setPassword: { times: 3, perS: 600 } }
    const limited = await TestEnv.start({ limits })
    const victim = await limited.person('victim')
    const guess = (password: string) =>
      request('POST', `${limited.url}/v1/users/login`, { json: { email: victim.login.email, password } })
    const json = { oldPassword: 'guess', password: 'pwned' }
    try {
      for (let n = 0; n < 3; n++) {
        expectRefusal(await guess(`guess ${n}`), 400)
        expectRefusal(await victim.call('POST', 'users/setPassword', { json }), 400)
      }
      expectRefusal(await guess('guess'), 429)
      const right = { oldPassword: 'password of victim', password: 'pwned' }
      expectRefusal(await victim.call('POST', 'users/setPassword', { json: right }), 429)
    } finally {
      await limited.close()
    }
  })
})

test('W15: /oauth sells nothing but what the two secrets buy', async () => {
  const client = { client_id: TEST_APP.appKey, client_secret: TEST_APP.appSecret }
  const user = { username: alice.login.email, password: 'password of alice' }
  const buy = (form: Record<string, string>) => request('POST', `${env.url}/oauth/token`, { form })
  const query = new URLSearchParams({
    ...client,
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1/',
    user_id: '1',
  })
  for (const answer of [
    await request('GET', `${env.url}/oauth/authorize?${query}`),
    await request('GET', `${env.url}/v1/oauth/authorize?${query}`, { token: alice.token }),
    await request('POST', `${env.url}/oauth/authorize?${query}`, { form: user }),
    await request('GET', `${env.url}/oauth/token?grant_type=client_credentials&${query}`),
    await request('POST', `${env.url}/oauth/token?grant_type=client_credentials&${query}`),
    await buy({ grant_type: 'password', ...client, ...user }),
    await buy({ grant_type: 'authorization_code', ...client, code: '1' }),
    await buy({ grant_type: 'refresh_token', ...client, refresh_token: alice.token }),
    await buy({ grant_type: '', ...client }),
    await buy({ grant_type: 'client_credentials', ...client, client_secret: user.password }),
  ]) {
    expectRefusal(answer)
    expect(answer.headers.get('location')).toBeNull()
    expect(JSON.stringify(answer.body)).not.toMatch(/token"|"code":"\d/)
  }
  const { body } = await buy({ grant_type: 'client_credentials', ...client })
  expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
})
