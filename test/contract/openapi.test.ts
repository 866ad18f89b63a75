import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { describeApi } from '../../api/http/describe.js'
import { findRoutes, type Json, type Mount } from '../../api/http/openapi.js'
import { checkAnswer } from '../helpers/answers.js'

/** The OpenAPI document says what is served, is committed, and is what the suite's answers are held against. */

const { app, document } = describeApi([])
const mounts = app.locals.mounts as Mount[]

test('docs/openapi.json is up to date; renew it with: node --import tsx tools/openapi.ts', async () => {
  const committed = await readFile(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8')
  // As text: the order counts, the layout does not.
  expect(JSON.stringify(JSON.parse(committed), null, 1)).toBe(JSON.stringify(document, null, 1))
})

test('the same routes make the same document', () => {
  expect(JSON.stringify(describeApi([]).document)).toBe(JSON.stringify(document))
})

test('every router of the app is in it', () => {
  const routers = app.router.stack.map(({ handle }) => handle).filter((handle) => 'stack' in handle)
  const described = new Set(mounts.map(({ router }) => router as unknown))
  expect(routers.filter((router) => !described.has(router))).toEqual([])
})

test.each(findRoutes(mounts).map((found) => ({ ...found, name: `${found.method} ${found.path}` })))(
  '$name says what it does and answers',
  ({ facts }) => {
    // Made by route({ summary, answer, ... }), or described(...) for files and the like.
    expect(facts?.summary).toMatch(/./)
    expect(facts?.answer ?? facts?.gives).toBeTruthy()
  },
)

test('every reference leads somewhere, and operations have names of their own', () => {
  const text = JSON.stringify(document)
  for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = (reference as string).split('/').reduce<Json>((at, key) => at?.[key], document)
    expect({ reference, isThere: target !== undefined }).toEqual({ reference, isThere: true })
  }
  const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters = [] } of Object.values<Json>(item)) {
      const declared = parameters.filter((each: Json) => each.in === 'path').map((each: Json) => each.name)
      expect({ path, declared }).toEqual({ path, declared: inPath })
    }
  }
})

test('lists take a cursor, bodies come in both encodings, public routes ask for no token', () => {
  const { get, post } = document.paths['/v1/sessions/{sessionId}/messages']
  expect(get.parameters.map(({ name }: Json) => name)).toEqual([
    'sessionId',
    'limit',
    'offset',
    'filter_term',
    'unread',
    'Client-Sync-Time',
  ])
  expect(get.security).toEqual([{ bearer: [] }, { query: [] }])
  const schema = { $ref: '#/components/schemas/SendMessageBody' }
  expect(post.requestBody.content).toEqual({
    'application/json': { schema },
    'application/x-www-form-urlencoded': { schema },
  })
  expect(document.paths['/v1/users/login'].post.security).toEqual([])
})

describe('answers are held against it', () => {
  const session = {
    id: '1',
    type: 'group',
    name: '',
    secureType: 'private',
    description: '',
    avatarUrl: '',
    createdAt: '2016-11-20T03:04:05.678Z',
    updatedAt: '2016-11-20T03:04:05.678Z',
  }
  const refusal = { status: 404, code: 'NotFound', error: 'NotFound', message: 'no such session' }
  const check = (status: number, body: unknown, path = '/v1/sessions/1', contentType = 'application/json') =>
    checkAnswer({ method: 'GET', url: `http://127.0.0.1:1${path}`, status, contentType, body })

  test('what fits passes', () => {
    check(200, session)
    check(200, session, '/v1//sessions/1/')
    check(404, refusal)
    check(404, refusal, '/v1/nothing/like/it')
  })

  test.each<[string, () => void]>([
    ['a field too many', () => check(200, { ...session, secret: 1 })],
    [
      'a field too many inside',
      () => check(200, { total_count: 1, entries: [{ a: 1 }] }, '/v1/sessions/1/members'),
    ],
    ['a field too few', () => check(200, { ...session, name: undefined })],
    ['a date without milliseconds', () => check(200, { ...session, updatedAt: '2016-11-20T03:04:05Z' })],
    ['an id that is a number', () => check(200, { ...session, id: 1 })],
    ['an unknown word', () => check(200, { ...session, type: 'room' })],
    ['text instead of JSON', () => check(200, 'hello', undefined, 'text/html')],
    ['another success', () => check(201, session)],
    ['an address that is not in it', () => check(200, session, '/v1/nothing/like/it')],
    ['a refusal without a message', () => check(404, { ...refusal, message: '' })],
    ['a refusal with an unknown code', () => check(404, { ...refusal, code: 'Oops' })],
    ['a refusal with more than it should say', () => check(404, { ...refusal, stack: 'at' })],
  ])('%s fails', (_title, act) => {
    expect(act).toThrow(/^GET .* answered \d+, and /)
  })

  test('what does not fit at all fails with words', () => {
    expect(() => check(200, { ...session, extra: 1 })).toThrow('Unrecognized key: "extra"')
  })
})
