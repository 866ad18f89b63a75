import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import type { Tokens } from '../shared/server/tokens.js'
import { tokens } from '../test/helpers/push-env.js'
import { HttpApi } from './http-api.js'

let server: Server
afterEach(() => {
  server.close()
  server.closeAllConnections()
})

/** An API of which only the one answer matters. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const membership = { sessionId: '7', appId: 'app', type: 'group', mts: 5, memberIds: ['1', '2', '2'] }

test('asks the API with a service token', async () => {
  const seen: { url?: string; token: string }[] = []
  const url = await serve((req, res) => {
    seen.push({ url: req.url, token: req.headers.authorization?.replace('Bearer ', '') ?? '' })
    res.end(JSON.stringify(membership))
  })
  for (const apiUrl of [url, `${url}/`]) {
    const found = await new HttpApi(apiUrl, tokens).find('7')
    expect(found).toEqual({ ...membership, memberIds: new Set(['1', '2']) })
  }
  expect(seen.map((request) => request.url)).toEqual(Array(2).fill('/internal/sessions/7/membership'))
  expect(tokens.verify('service', seen[0]?.token ?? '')).toMatchObject({ sub: 'push' })
})

test('signs a new token well before the old one expires, and not for every question', async () => {
  const url = await serve((_req, res) => res.writeHead(404).end())
  let signed = 0
  let now = 0
  const counting: Tokens = { ...tokens, sign: () => `token ${++signed}` }
  const memberships = new HttpApi(url, counting, () => now)
  for (now of [0, 1000, 140_000, 160_000, 299_000, 320_000]) await memberships.find('7')
  expect(signed).toBe(3)
})

test('404 is no session', async () => {
  const url = await serve((_req, res) => res.writeHead(404).end('{}'))
  expect(await new HttpApi(url, tokens).find('7')).toBeUndefined()
})

test.each([
  { title: 'a refusal', status: 401, body: '{}' },
  { title: 'an error', status: 500, body: 'oops' },
  { title: 'something else', status: 200, body: '{"hello":"world"}' },
  { title: 'no JSON', status: 200, body: '<html>' },
])('$title rejects', async ({ status, body }) => {
  const url = await serve((_req, res) => res.writeHead(status).end(body))
  await expect(new HttpApi(url, tokens).find('7')).rejects.toThrow()
})

test('no answer rejects in time', async () => {
  const url = await serve(() => {})
  await expect(new HttpApi(url, tokens).find('7')).rejects.toThrow(/timeout/)
})

test('no API rejects', async () => {
  const url = await serve(() => {})
  server.close()
  await once(server, 'close')
  await expect(new HttpApi(url, tokens).find('7')).rejects.toThrow()
})
