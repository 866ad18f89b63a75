import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Router } from 'express'
import type { Context } from '../context.js'
import { fastLane } from './fast-lane.js'
import { route } from './route.js'
import { cutSlowRequests, slowRequestOptions } from './slow-requests.js'

/** What needs no database; the rest is in test/e2e/fast-lane.test.ts. */

const ctx = {
  config: { maxBodyBytes: 1000 },
  log: { isLevelEnabled: () => false, error: () => {}, warn: () => {} },
  tokens: { verify: () => undefined },
  isStopping: () => false,
} as unknown as Context
const chain = { setHeaders: [], logRequest: () => {} }
const hot = route({ hot: { limits: [] }, run: async () => ({}) })

test('what comes too late, when it has been answered, is dropped and does no harm', async () => {
  const TIMEOUT_MS = 200
  const mounts = [{ prefix: '/v1', access: 'user' as const, router: Router().post('/hot', hot) }]
  const slow = (_req: unknown, res: { end(text: string): void }) => setTimeout(() => res.end('slow'), 800)
  const server = createServer(slowRequestOptions(TIMEOUT_MS), fastLane(ctx, mounts, slow, chain))
  cutSlowRequests(server, TIMEOUT_MS)
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  // The answer to the second request has to wait for that to the first, and the end of the connection with it.
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.write(
    'POST /v1/hot HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n' +
      'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a":',
  )
  await sleep(2 * TIMEOUT_MS)
  socket.write('"b" }')
  await sleep(TIMEOUT_MS)
  socket.destroy()
  server.close()
  await once(server, 'close')
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('a route with checks of its own, or for others than users, cannot be hot', () => {
  const open = (access: 'user' | 'service', router: Router) => () =>
    fastLane(ctx, [{ prefix: '/v1', access, router }], () => {}, chain)
  expect(open('service', Router().post('/hot', hot))).toThrow('cannot be hot')
  const guard = (_req: unknown, _res: unknown, next: () => void) => next()
  expect(open('user', Router().post('/hot', guard, hot))).toThrow('cannot be hot')
  expect(open('user', Router().post('/hot', hot))).not.toThrow()
})
