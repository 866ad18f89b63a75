import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Answer, type RequestOptions, request } from '../helpers/http.js'
import type { Person } from '../helpers/person.js'
import { expectRefusal } from '../helpers/refusal.js'
import { countRows } from '../helpers/rows.js'
import { TEST_APP } from '../helpers/test-app.js'
import { TestEnv } from '../helpers/test-env.js'

/** Whatever is sent: a 4xx that old clients understand, in time, and nothing is stored. */

let env: TestEnv
let alice: Person
let bob: Person
let groupId: string

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob] = (await env.people('alice', 'bob')) as [Person, Person]
  groupId = (await alice.group(bob)).id
})
afterAll(() => env.close())

function send(method: string, path: string, options: RequestOptions = {}): Promise<Answer<unknown>> {
  return request(method, env.url + path, { token: alice.token, ...options })
}

interface Endpoint {
  title: string
  path(): string
  /** A body that would be accepted. */
  fields(): Record<string, string>
  required: string[]
}

const BODIES: Endpoint[] = [
  {
    title: 'register',
    path: () => '/v1/users/register',
    fields: () => ({
      email: 'carol@example.com',
      password: 'p',
      name: 'carol',
      avatarUrl: ' ',
      appKey: TEST_APP.appKey,
    }),
    required: ['email', 'password'],
  },
  {
    title: 'login',
    path: () => '/v1/users/login',
    fields: () => ({ email: alice.login.email, password: 'password of alice', appKey: TEST_APP.appKey }),
    required: ['email', 'password'],
  },
  {
    title: 'oauth/token',
    path: () => '/oauth/token',
    fields: () => ({
      grant_type: 'client_credentials',
      client_id: alice.login.key,
      client_secret: alice.login.secret,
    }),
    required: ['grant_type', 'client_id', 'client_secret'],
  },
  {
    title: 'create group',
    path: () => '/v1/sessions',
    fields: () => ({ type: 'group', name: 'g', secureType: 'private', avatarUrl: ' ', description: 'd' }),
    required: ['type'],
  },
  {
    title: 'add member',
    path: () => `/v1/sessions/${groupId}/members`,
    fields: () => ({ userId: bob.id, role: 'user' }),
    required: ['userId'],
  },
  {
    title: 'send message',
    path: () => `/v1/sessions/${groupId}/messages`,
    fields: () => ({ sender: alice.id, type: 'text', content: '{}', clientMessageId: 'c-1' }),
    required: ['type', 'content'],
  },
]

const json = (raw: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}): RequestOptions => ({
  raw,
  headers: { 'Content-Type': 'application/json', ...more },
})

describe('nothing is stored of', () => {
  let before: Record<string, number>
  beforeEach(async () => {
    before = await countRows(env)
  })
  afterEach(async () => {
    expect(await countRows(env)).toEqual(before)
  })

  describe.each(BODIES)('$title', ({ path, fields, required }) => {
    const post = (options: RequestOptions) => send('POST', path(), options)

    test.each([
      ['cut off', '{"email":'],
      ['two values', '{} {}'],
      ['no JSON', 'email=alice'],
      ['an array', '[]'],
      ['an array of bodies', '[{"email":"carol@example.com","password":"p"}]'],
      ['a number', '5'],
      ['null', 'null'],
      ['a text', '"text"'],
      ['true', 'true'],
      ['nothing', ''],
      ['an empty object', '{}'],
      ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
      ['a byte order mark alone', '\uFEFF'],
      ['deep arrays', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
      ['deep objects', `{"email":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`],
      [
        '__proto__ with the fields',
        '{"__proto__":{"email":"carol@example.com","password":"p","type":"group"}}',
      ],
      ['constructor with the fields', '{"constructor":{"prototype":{"email":"carol@example.com"}}}'],
      ['hundreds of other fields', JSON.stringify(manyFields(500))],
    ])('a body that is %s', async (_title, raw) => {
      expectRefusal(await post(json(raw)), 400)
      expect(Object.keys(Object.prototype)).toEqual([])
    })

    test('a body without a content type, or of a kind we do not read', async () => {
      const raw = JSON.stringify(fields())
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'nonsense']) {
        expectRefusal(await post({ raw, headers: { 'Content-Type': type } }), 400)
      }
      expectRefusal(await post({ raw: new TextEncoder().encode(raw) }), 400)
      expectRefusal(await post({}), 400)
    })

    test.each([
      ['a charset that is no Unicode', { 'Content-Type': 'application/json; charset=latin1' }, 415],
      ['an unknown charset', { 'Content-Type': 'application/json; charset=utf-99' }, 415],
      ['an unknown encoding', { 'Content-Encoding': 'compress' }, 415],
      ['two encodings', { 'Content-Encoding': 'gzip, gzip' }, 415],
      ['gzip that is none', { 'Content-Encoding': 'gzip' }, 400],
      ['brotli that is none', { 'Content-Encoding': 'br' }, 400],
      ['deflate that is none', { 'Content-Encoding': 'deflate' }, 400],
    ])('%s', async (_title, headers, status) => {
      expectRefusal(await post(json(JSON.stringify(fields()), headers as never)), status)
    })

    test('an unknown charset of a form', async () => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=koi8-r' }
      expectRefusal(await post({ raw: 'email=a', headers }), 415)
    })

    test('a body that is too large, also when it is so only after unpacking, or has too many fields', async () => {
      const large = JSON.stringify({ ...fields(), more: 'x'.repeat(1024 * 1024) })
      expectRefusal(await post(json(large)), 413)
      expectRefusal(await post(json(gzipSync(large), { 'Content-Encoding': 'gzip' })), 413)
      expectRefusal(await post({ form: { ...fields(), more: 'x'.repeat(1024 * 1024) } }), 413)
      expectRefusal(await post({ form: { ...fields(), ...manyFields(2000) } }), 413)
    })

    test('a body without a field that it needs, in the vendor’s words', async () => {
      for (const field of required) {
        const { [field]: _, ...others } = fields()
        const words = { error: 'Parameter error', message: `${field}参数不存在！` }
        for (const options of [
          { json: others },
          { form: others },
          { form: { ...others, [field]: 'null' } },
          { form: { ...others, [field]: 'undefined' } },
        ]) {
          const answer = await post(options)
          expectRefusal(answer, 400)
          expect(answer.body).toMatchObject(words)
        }
      }
    })

    test('a field of another type', async () => {
      for (const field of Object.keys(fields())) {
        for (const value of [5, -1.5, true, false, null, [], ['text'], {}, { text: 'text' }, [[[]]]]) {
          const answer = await post({ json: { ...fields(), [field]: value } })
          expectRefusal(answer, 400)
          expect(answer.body).toMatchObject({ message: expect.stringMatching(`^${field}: `) })
        }
      }
    })

    test('a field that is given twice in a form', async () => {
      for (const field of Object.keys(fields())) {
        const raw = `${new URLSearchParams(fields())}&${field}=twice`
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
        expectRefusal(await post({ raw, headers }), 400)
      }
    })

    test('a text with a NUL, or with half a character', async () => {
      for (const field of Object.keys(fields())) {
        const value = fields()[field] as string
        for (const bad of [`${value}\0`, '\0', `\0${value}`, `${value}\ud800`, `\udc00${value}`]) {
          expectRefusal(await post({ json: { ...fields(), [field]: bad } }), 400)
        }
        expectRefusal(await post({ form: { ...fields(), [field]: `${value}\0` } }), 400)
      }
    })

    test('a field of a megabyte, or just too long', async () => {
      for (const field of Object.keys(fields())) {
        expectRefusal(await post({ json: { ...fields(), [field]: 'x'.repeat(1024 * 1024) } }), 413)
        expectRefusal(await post({ json: { ...fields(), [field]: 'x'.repeat(100 * 1024) } }), 400)
        expectRefusal(await post({ json: { ...fields(), [field]: '汉'.repeat(60 * 1024) } }), 400)
      }
    })
  })

  test.each<[string, () => string, Record<string, string>]>([
    ['an account with a space', () => '/v1/users/register', { email: 'ca rol', password: 'p' }],
    ['an account of spaces', () => '/v1/users/register', { email: '   ', password: 'p' }],
    ['an account with a line break', () => '/v1/users/register', { email: 'carol\nx', password: 'p' }],
    ['an empty password', () => '/v1/users/register', { email: 'carol', password: '' }],
    ['an unknown app', () => '/v1/users/register', { email: 'carol', password: 'p', appKey: 'none' }],
    ['another kind of session', () => '/v1/sessions', { type: 'p2p' }],
    ['a session of no kind', () => '/v1/sessions', { type: 'room' }],
    ['an unknown role', () => `/v1/sessions/${groupId}/members`, { userId: '1', role: 'king' }],
    ['a member that is no id', () => `/v1/sessions/${groupId}/members`, { userId: 'bob' }],
    ['a member with a padded id', () => `/v1/sessions/${groupId}/members`, { userId: '01' }],
    ['an empty type', () => `/v1/sessions/${groupId}/messages`, { type: '', content: '{}' }],
    [
      'an empty client id',
      () => `/v1/sessions/${groupId}/messages`,
      { type: 't', content: '', clientMessageId: '' },
    ],
    [
      'a sender that is no id',
      () => `/v1/sessions/${groupId}/messages`,
      { sender: 'x', type: 't', content: '' },
    ],
    ['another grant', () => '/oauth/token', { grant_type: 'password', client_id: 'a', client_secret: 'b' }],
  ])('%s', async (_title, path, fields) => {
    expectRefusal(await send('POST', path(), { json: fields }), 400)
    expectRefusal(await send('POST', path(), { form: fields }), 400)
  })

  const PATHS: { method: string; title: string; path(id: string): string; unknown: number }[] = [
    { method: 'GET', title: 'users/:id', path: (id) => `users/${id}`, unknown: 404 },
    { method: 'GET', title: 'conversations', path: (id) => `users/${id}/userConversations`, unknown: 403 },
    { method: 'GET', title: 'contacts', path: (id) => `users/${id}/contacts`, unknown: 403 },
    { method: 'GET', title: 'contacts/:id', path: (id) => `users/${alice.id}/contacts/${id}`, unknown: 404 },
    {
      method: 'DELETE',
      title: 'contacts/:id',
      path: (id) => `users/${alice.id}/contacts/${id}`,
      unknown: 404,
    },
    { method: 'GET', title: 'favourites', path: (id) => `users/${id}/userSessions`, unknown: 403 },
    {
      method: 'GET',
      title: 'favourites/:id',
      path: (id) => `users/${alice.id}/userSessions/${id}`,
      unknown: 404,
    },
    {
      method: 'GET',
      title: 'conversations/:id',
      path: (id) => `users/${alice.id}/userConversations/${id}`,
      unknown: 404,
    },
    { method: 'GET', title: 'p2p with', path: (id) => `sessions/p2p/${alice.id}/${id}`, unknown: 404 },
    { method: 'GET', title: 'p2p of', path: (id) => `sessions/p2p/${id}/${alice.id}`, unknown: 404 },
    { method: 'GET', title: 'single', path: (id) => `sessions/single/${id}`, unknown: 403 },
    { method: 'GET', title: 'sessions/:id', path: (id) => `sessions/${id}`, unknown: 404 },
    { method: 'GET', title: 'members', path: (id) => `sessions/${id}/members`, unknown: 404 },
    { method: 'POST', title: 'add member', path: (id) => `sessions/${id}/members`, unknown: 404 },
    { method: 'DELETE', title: 'a session’s member', path: (id) => `sessions/${id}/members/1`, unknown: 404 },
    {
      method: 'DELETE',
      title: 'members/:id',
      path: (id) => `sessions/${groupId}/members/${id}`,
      unknown: 404,
    },
    { method: 'GET', title: 'messages', path: (id) => `sessions/${id}/messages`, unknown: 404 },
    { method: 'GET', title: 'history', path: (id) => `sessions/${id}/messages/history`, unknown: 404 },
    { method: 'POST', title: 'send message', path: (id) => `sessions/${id}/messages`, unknown: 404 },
  ]

  describe.each(PATHS)('$method $title', ({ method, path, unknown }) => {
    const call = (id: string) => {
      const body = { json: { userId: alice.id, type: 'text', content: '{}' } }
      return send(method, `/v1/${path(id)}`, method === 'POST' ? body : {})
    }

    test('with an id of nothing', async () => {
      expectRefusal(await call('999999999999999999'), unknown)
      expectRefusal(await call('0'), unknown)
    })

    // The id of alice with anything around it is not the id of alice.
    test.each([
      'abc',
      '-1',
      '%2B1',
      '1.0',
      '1e0',
      '0x1',
      '01',
      '000000000000000001',
      '1%20',
      '%201',
      '1%0A',
      '%EF%BC%91',
      '%00',
      '1%00',
      "1'--",
      '1;',
      'a%2Fb',
      'null',
      '9223372036854775807',
      '9223372036854775808',
      '99999999999999999999999999999',
      '1'.repeat(1000),
      '__proto__',
      '%F0%9F%98%80',
      // malformed percent-encoding
      '%',
      '%zz',
      '%E0%A4%A',
      '%C0%80',
      '%ED%A0%80',
    ])('with the id %j', async (id) => {
      expectRefusal(await call(id), 400)
    })
  })

  const GETS = [
    () => `users/${alice.id}`,
    () => `users/${alice.id}/userConversations`,
    () => `users/${alice.id}/contacts`,
    () => `users/${alice.id}/userSessions`,
    () => `sessions/${groupId}`,
    () => `sessions/${groupId}/members`,
    () => `sessions/${groupId}/messages`,
    () => `sessions/${groupId}/messages/history`,
  ]
  const LISTS = [GETS[1], GETS[2], GETS[3], GETS[5], GETS[6], GETS[7]] as (() => string)[]

  test.each([
    'yesterday',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e5',
    '0x10',
    '--',
    '-',
    '/',
    '2016-99-99',
    '12 34',
    '1,2',
    '1.2.3',
    'null',
    'undefined',
    '[object Object]',
    '2016-11-20T03:04:05.678Z, 2016-11-20T03:04:05.678Z',
  ])('a Client-Sync-Time of %s', async (cursor) => {
    for (const path of GETS) expectRefusal(await send('GET', `/v1/${path()}`, { cursor }), 400)
  })

  test.each([
    'limit=0',
    'limit=-1',
    'limit=abc',
    'limit=1.5',
    'limit=',
    'limit=%20',
    'limit=NaN',
    'limit=Infinity',
    'limit=1e400',
    'limit=99999999999999999999',
    'limit=1&limit=2',
    'limit=%00',
    'offset=-1',
    'offset=abc',
    'offset=0.5',
    'offset=Infinity',
    'offset=99999999999999999999',
    'offset=100001',
    'offset=1&offset=2',
    'offset=%00',
    'filter_term=a&filter_term=b',
    'filter_term=%00',
    'filter_term=text%00',
  ])('a list with %s', async (query) => {
    for (const path of LISTS) expectRefusal(await send('GET', `/v1/${path()}?${query}`), 400)
  })

  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/'],
    ['GET', '/v1/nothing'],
    ['POST', '/v1/nothing'],
    ['GET', '/v2/users/1'],
    ['GET', '/nothing'],
    ['GET', '/v1/http://localhost:8080/v1/users/1'],
    ['GET', '/v1/http://localhost:8080/v1/sessions/1/messages'],
    ['GET', '/v1/unknown'],
    ['GET', '/v1/sessions/p2p/1/2/3'],
    ['GET', '/oauth/token'],
    ['GET', '/oauth/authorize'],
    ['GET', '/gateHandler'],
    ['PUT', '/healthz'],
    ['PATCH', '/v1/users/login'],
    ['PATCH', '/v1/sessions'],
    ['PATCH', '/v1/sessions/1/messages'],
    ['DELETE', '/v1/sessions/1/messages'],
    ['DELETE', '/v1/sessions/1/members'],
    ['PROPFIND', '/v1/users/1'],
  ])('an unknown address: %s %s', async (method, path) => {
    const answer = await send(method, path)
    // Old clients come with a token, with one that has expired, or with none. (yun2win.md §3 #2)
    const others = [request(method, env.url + path), send(method, path, { token: 'expired' })]
    for (const each of [answer, ...(await Promise.all(others))]) {
      expectRefusal(each, 404)
      expect(each.body).toMatchObject({ message: 'Not Found' })
    }
  })

  test('an address that is known asks for a token first', async () => {
    for (const path of ['users/1', 'Users/1/', 'users/abc', 'sessions/1/members', 'emojis', 'users?x=1']) {
      expectRefusal(await request('GET', `${env.url}/v1/${path}`), 400)
      expectRefusal(await send('GET', `/v1/${path}`, { token: 'expired' }), 401)
    }
    expect((await fetch(`${env.url}/v1/users/1`, { method: 'HEAD' })).status).toBe(400)
  })

  test('a gate that is asked with a broken body', async () => {
    expectRefusal(await send('POST', '/gateHandler', json('{')), 400)
  })

  test('an address or headers that are too long for HTTP', async () => {
    expectRefusal(await send('GET', `/v1/users/${'1'.repeat(30_000)}`), 413)
    expectRefusal(await send('GET', '/v1/users/1', { headers: { Cookie: 'c'.repeat(30_000) } }), 413)
  })
})

describe('what is odd but right is accepted', () => {
  test('fields that nobody knows are ignored', async () => {
    const body = { type: 'text', content: '{}', ...manyFields(500), id: '5', seq: '1', createdAt: 'never' }
    const raw = JSON.stringify(body).replace('{', '{"__proto__":{"isAdmin":true},')
    const answer = await send('POST', `/v1/sessions/${groupId}/messages`, json(raw))
    expect(answer).toMatchObject({ status: 200, body: { sender: alice.id, content: '{}' } })
    expect(Object.keys(answer.body as object).sort()).toEqual(
      ['content', 'createdAt', 'id', 'isDelete', 'sender', 'sessionId', 'type', 'updatedAt'].sort(),
    )
  })

  test('content is given back as it was sent', async () => {
    for (const content of [
      ' ',
      '\u00e9 e\u0301 😀 \u200b',
      '{"text":"\\u003cb\\u003e"}',
      '"\\ud800"',
      '<b>&amp;',
    ]) {
      const options = { json: { type: 'text', content } }
      expect(await alice.must('POST', `sessions/${groupId}/messages`, options)).toMatchObject({ content })
    }
  })

  test('forms may be in latin1, bodies packed, and a limit above 1000 is cut to it', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }
    const raw = 'type=text&content=%E9'
    const latin1 = await send('POST', `/v1/sessions/${groupId}/messages`, { raw, headers })
    expect(latin1).toMatchObject({ status: 200, body: { content: 'é' } })
    const packed = json(gzipSync('{"type":"text","content":"packed"}'), { 'Content-Encoding': 'gzip' })
    expect(await send('POST', `/v1/sessions/${groupId}/messages`, packed)).toMatchObject({ status: 200 })
    expect(await send('GET', `/v1/sessions/${groupId}/messages?limit=1000000`)).toMatchObject({ status: 200 })
  })
})

describe('fuzz: never a 5xx, never a hang', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '',
      ' ',
      '\0',
      '\ud800',
      '<b>',
      '__proto__',
      '1',
      '01',
      'system',
      'group',
      'master',
      'null',
    ),
  )
  const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }))

  test.each(BODIES)('$title with any values', async ({ path, fields }) => {
    const known = fields()
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record(Object.fromEntries(Object.keys(known).map((key) => [key, value])), { requiredKeys: [] }),
      // All but one are right.
      fc.tuple(fc.constantFrom(...Object.keys(known)), value).map(([key, bad]) => ({ ...known, [key]: bad })),
    )
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const answer = await send('POST', path(), json(JSON.stringify(given)))
        if (answer.status !== 200) expectRefusal(answer)
      }),
      { numRuns: 100 },
    )
  })

  test('any headers and query', async () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((n) => String.fromCharCode(n)),
    })
    const names = [
      'Authorization',
      'Client-Sync-Time',
      'Content-Type',
      'Content-Encoding',
      'Content-MD5',
      'Accept',
      'Accept-Encoding',
      'If-None-Match',
      'If-Modified-Since',
      'On-Behalf-Of',
      'Origin',
      'Range',
      'X-Forwarded-For',
      'X-HTTP-Method-Override',
    ]
    const likely = fc.constantFrom('application/json', 'Bearer x', 'gzip', 'bytes=0-1', '2016/1/1', '-5', '*')
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, fc.oneof(printable, likely)])), {
      requiredKeys: [],
    })
    const query = fc.dictionary(
      fc.constantFrom('limit', 'offset', 'filter_term', 'access_token', '__proto__', 'x[y]'),
      text,
    )
    const call = fc.record({
      method: fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PUT'),
      path: fc.constantFrom(...BODIES.map(({ path }) => path()), `/v1/users/${alice.id}/userConversations`),
      isKnown: fc.boolean(),
      headers,
      query,
    })
    await fc.assert(
      fc.asyncProperty(call, async ({ method, path, isKnown, headers, query }) => {
        const hasBody = ['POST', 'PUT', 'DELETE'].includes(method)
        const options: RequestOptions = {
          headers: headers as Record<string, string>,
          token: isKnown ? alice.token : undefined,
          ...(hasBody && { raw: '{}' }),
        }
        const answer = await request(method, `${env.url}${path}?${wellFormed(query)}`, options)
        if (answer.status >= 400 && method !== 'HEAD') expectRefusal(answer)
        else expect(answer.status).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
  })
})

function manyFields(count: number): Record<string, string> {
  return Object.fromEntries([...Array(count).keys()].map((n) => [`field${n}`, 'x']))
}

function wellFormed(query: Record<string, string>): string {
  return new URLSearchParams(query).toString()
}
