import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { MAX_PRESENCE_CHANGES } from '../shared/server/presence.js'
import { PushEnv, until } from '../test/helpers/push-env.js'

let env: PushEnv
afterEach(() => env.close())

const presence = { node: 'here', goneAfterMs: 150, everyMs: 20 }
const start = (config = presence) => PushEnv.start({ config: { presence: config } })

test('a user is online from the first device on until the last has gone', async () => {
  env = await start()
  const [phone, web] = await env.devices('1', '1')
  await until(() => env.presence.isOnline('1') === true)
  await phone?.client.endAsync()
  await sleep(300)
  expect(env.presence.isOnline('1')).toBe(true)
  await web?.client.endAsync()
  await until(() => env.presence.isOnline('1') === false)
  const changes = env.presence.reports.flatMap((report) => report.changes)
  expect(changes.map(({ userId, isOnline }) => ({ userId, isOnline }))).toEqual([
    { userId: '1', isOnline: true },
    { userId: '1', isOnline: false },
  ])
})

test('who is back soon has never been gone', async () => {
  env = await start({ ...presence, goneAfterMs: 60_000 })
  const first = await env.device('1')
  await until(() => env.presence.isOnline('1') === true)
  await first.client.endAsync()
  await until(() => env.push.connectionCount === 0)
  await env.device('1')
  await sleep(100)
  expect(env.presence.reports.flatMap((report) => report.changes)).toHaveLength(1)
})

test('push that starts says so, and push that stops that nobody is here', async () => {
  env = await start()
  await until(() => env.presence.reports.length > 0)
  expect(env.presence.reports[0]).toEqual({ node: 'here', isFresh: true, changes: [] })
  await env.device('1')
  await until(() => env.presence.isOnline('1') === true)
  const { presence: sink } = env
  await env.close()
  expect(sink.reports.at(-1)).toEqual({ node: 'here', isFresh: true, changes: [] })
})

test('while the API is away nothing is lost but what is over', async () => {
  env = await start()
  await until(() => env.presence.reports.length > 0)
  env.presence.failure = new Error('away')
  const [came] = await env.devices('1', '2')
  await came?.client.endAsync()
  await sleep(400)
  env.presence.failure = undefined
  await until(() => env.presence.isOnline('2') === true)
  expect(env.presence.isOnline('1')).toBeUndefined()
})

test('more than one report holds are told one after the other', async () => {
  env = await start()
  env.presence.failure = new Error('away')
  const users = Array.from({ length: 30 }, (_, i) => String(1000 + i))
  await env.devices(...users)
  env.presence.failure = undefined
  await until(() => users.every((user) => env.presence.isOnline(user) === true))
  const largest = { node: 'x'.repeat(100), changes: [] as object[] }
  for (let i = 0; i < MAX_PRESENCE_CHANGES; i += 1) {
    largest.changes.push({ userId: '9'.repeat(18), isOnline: false, at: 9_999_999_999_999 })
  }
  expect(JSON.stringify(largest).length).toBeLessThan(256 * 1024)
})

test('the service is no user', async () => {
  env = await start()
  await env.device('service')
  await env.device('2')
  await until(() => env.presence.isOnline('2') === true)
  expect(env.presence.isOnline('service')).toBeUndefined()
})
