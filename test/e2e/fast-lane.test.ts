import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Person } from '../helpers/person.js'
import { TestEnv } from '../helpers/test-env.js'

/**
 * The busiest routes are answered without Express, where requests are plain. With a slash at the end of the address the
 * same request goes through Express: both must answer the same.
 */

let env: TestEnv
let [alice, bob, stranger]: Person[] = []
let sessionId: string
let first: number

beforeAll(async () => {
  env = await TestEnv.start()
  ;[alice, bob, stranger] = await Promise.all([env.person('alice'), env.person('bob'), env.person('eve')])
  sessionId = (await alice.p2pWith(bob)).id
  first = Date.parse((await alice.send(sessionId, 'one')).updatedAt)
  for (const text of ['two', 'three']) await bob.send(sessionId, text)
  // What is read is read: the two are compared one after the other.
  await alice.pullMessages(sessionId)
})
afterAll(() => env.close())

interface Asked {
  method?: string
  path: string
  headers?: OutgoingHttpHeaders
  body?: string
  /** In pieces, without a length. */
  isChunked?: boolean
}

interface Answered {
  status: number
  headers: IncomingHttpHeaders
  body: unknown
}

async function ask(
  base: string,
  { method = 'GET', path, headers, body, isChunked }: Asked,
): Promise<Answered> {
  const length = body === undefined || isChunked ? {} : { 'Content-Length': Buffer.byteLength(body) }
  const asking = request(`${base}/v1/${path}`, { method, headers: { ...headers, ...length } })
  if (isChunked) asking.write(body)
  asking.end(isChunked ? undefined : body)
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  const bytes = await buffer(answer)
  const text = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body: JSON.parse(text.toString() || 'null'),
  }
}

/** The same with a slash behind the path. */
function throughExpress(asked: Asked): Asked {
  const [path, query] = asked.path.split('?')
  return { ...asked, path: query === undefined ? `${path}/` : `${path}/?${query}` }
}

/** What differs from one answer to the next, and the length of what is compressed. */
const CHANGING = ['date', 'x-request-id']

function comparable({ status, headers, body }: Answered) {
  const isCompressed = headers['content-encoding'] !== undefined
  const kept = Object.entries(headers).filter(
    ([name]) => !CHANGING.includes(name) && !(isCompressed && name === 'content-length'),
  )
  const { vary = '', ...rest } = Object.fromEntries(kept)
  // A compressed answer of Express has no length.
  const { 'transfer-encoding': _, ...plain } = rest
  return { status, vary: String(vary).toLowerCase(), headers: plain, body }
}

const messages = () => `sessions/${sessionId}/messages`
const as = (person: Person | undefined, more: OutgoingHttpHeaders = {}) => ({
  Authorization: `Bearer ${person?.token}`,
  ...more,
})
const JSON_TYPE = { 'Content-Type': 'application/json' }
const TEXT = { type: 'text', content: '{"text":"hi"}' }

const CASES: [string, () => Asked][] = [
  ['all messages', () => ({ path: messages(), headers: as(alice) })],
  ['new messages', () => ({ path: messages(), headers: as(alice, { 'Client-Sync-Time': first }) })],
  ['a page', () => ({ path: `${messages()}?limit=2`, headers: as(alice) })],
  ['what is filtered', () => ({ path: `${messages()}?filter_term=text`, headers: as(alice) })],
  ['an offset', () => ({ path: `${messages()}?limit=1&offset=1&unread=keep`, headers: as(alice) })],
  ['nothing new', () => ({ path: messages(), headers: as(alice, { 'Client-Sync-Time': Date.now() + 1e6 }) })],
  [
    'a cursor that is no time',
    () => ({ path: messages(), headers: as(alice, { 'Client-Sync-Time': 'soon' }) }),
  ],
  ['a limit that is no number', () => ({ path: `${messages()}?limit=many`, headers: as(alice) })],
  ['a stranger', () => ({ path: messages(), headers: as(stranger) })],
  ['a session that is not there', () => ({ path: 'sessions/999999/messages', headers: as(alice) })],
  ['no session', () => ({ path: 'sessions/none/messages', headers: as(alice) })],
  ['a bad token', () => ({ path: messages(), headers: { Authorization: 'Bearer nonsense' } })],
  ['no token', () => ({ path: messages() })],
  ['a token twice', () => ({ path: `${messages()}?access_token=x`, headers: as(alice) })],
  ['a token in the query', () => ({ path: `${messages()}?access_token=${alice?.token}` })],
  ['the list', () => ({ path: `users/${alice?.id}/userConversations`, headers: as(alice) })],
  ['the list of another', () => ({ path: `users/${bob?.id}/userConversations`, headers: as(alice) })],
  ['with an origin', () => ({ path: messages(), headers: as(alice, { Origin: 'https://chat.example' }) })],
  ['compressed', () => ({ path: messages(), headers: as(alice, { 'Accept-Encoding': 'gzip' }) })],
  [
    'compression refused',
    () => ({ path: messages(), headers: as(alice, { 'Accept-Encoding': 'gzip;q=0' }) }),
  ],
  [
    'sent once, twice asked',
    () => ({
      method: 'POST',
      path: messages(),
      headers: as(alice, JSON_TYPE),
      body: JSON.stringify({ ...TEXT, clientMessageId: 'same' }),
    }),
  ],
  [
    'without a length',
    () => ({
      method: 'POST',
      path: messages(),
      headers: as(alice, JSON_TYPE),
      body: JSON.stringify({ ...TEXT, clientMessageId: 'chunks' }),
      isChunked: true,
    }),
  ],
  ['by a stranger', () => post(stranger, JSON.stringify(TEXT))],
  ['what is no JSON', () => post(alice, '{"type":')],
  ['what is no object', () => post(alice, '"text"')],
  ['a list', () => post(alice, '[]')],
  ['no content', () => post(alice, '{"type":"text"}')],
  ['nothing', () => post(alice, '')],
  ['too much', () => post(alice, JSON.stringify({ ...TEXT, content: 'x'.repeat(300_000) }))],
  ['too long a content', () => post(alice, JSON.stringify({ ...TEXT, content: 'x'.repeat(70_000) }))],
  ['as another', () => post(alice, JSON.stringify({ ...TEXT, sender: bob?.id }))],
  [
    'as a form',
    () => ({
      ...post(alice, 'type=&content=x'),
      headers: as(alice, { 'Content-Type': 'application/x-www-form-urlencoded' }),
    }),
  ],
  ['without a type of media', () => ({ ...post(alice, JSON.stringify(TEXT)), headers: as(alice) })],
]

function post(person: Person | undefined, body: string): Asked {
  return { method: 'POST', path: messages(), headers: as(person, JSON_TYPE), body }
}

describe('is answered as by Express', () => {
  test.each(CASES)('%s', async (_title, asked) => {
    const [fast, slow] = [await ask(env.url, asked()), await ask(env.url, throughExpress(asked()))]
    expect(comparable(fast)).toEqual(comparable(slow))
  })

  test('each has an id of its own', async () => {
    const asked = { path: messages(), headers: as(alice) }
    const [one, two] = [await ask(env.url, asked), await ask(env.url, asked)]
    expect(one.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(one.headers['x-request-id']).not.toBe(two.headers['x-request-id'])
  })

  test('who asks too often', async () => {
    const limited = await TestEnv.start({
      limits: { request: { times: 3, perS: 60 }, send: { times: 1, perS: 60 } },
    })
    try {
      let people = 0
      for (const way of [(asked: Asked) => asked, throughExpress]) {
        const [one, other] = await Promise.all([
          limited.person(`one${people}`),
          limited.person(`other${people++}`),
        ])
        const session = await one.p2pWith(other)
        const sent = { ...post(one, JSON.stringify(TEXT)), path: `sessions/${session.id}/messages` }
        expect(await ask(limited.url, way(sent))).toMatchObject({ status: 200 })
        const refused = await ask(limited.url, way(sent))
        expect(refused).toMatchObject({ status: 429, body: { code: 'TooManyRequests' } })
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
        const pulled = { path: `sessions/${session.id}/messages`, headers: as(one) }
        expect(await ask(limited.url, way(pulled))).toMatchObject({ status: 429 })
      }
    } finally {
      await limited.close()
    }
  })

  test('a client that goes away in the middle of what it sends leaves nothing behind', async () => {
    const asking = request(`${env.url}/v1/${messages()}`, {
      method: 'POST',
      headers: { ...as(alice, JSON_TYPE), 'Content-Length': 1000 },
    })
    asking.on('error', () => {})
    asking.write('{"type":"text",')
    await sleep(50)
    asking.destroy()
    const before = (await alice?.pullMessages(sessionId))?.total_count
    await sleep(50)
    expect((await alice?.pullMessages(sessionId))?.total_count).toBe(before)
  })
})
