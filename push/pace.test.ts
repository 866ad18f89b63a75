import { afterEach, expect, test } from '@jest/globals'
import { connectPacket, PushEnv, publishPacket, type RawClient } from '../test/helpers/push-env.js'
import { Pace } from './pace.js'

test('a burst is free, then turns come at the rate, and pauses earn a new burst', () => {
  let now = 0
  const pace = new Pace({ perSecond: 10, burst: 3 }, () => now)
  expect([pace.take(), pace.take(), pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0, 100, 200])
  now = 200
  expect(pace.take()).toBe(100)
  now = 60_000
  expect([pace.take(), pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0, 100])
})

let env: PushEnv
afterEach(() => env?.close())

const rate = { perSecond: 20, burst: 10 }
const ample = { perSecond: 1000, burst: 1000 }

async function connected(raw: RawClient): Promise<RawClient> {
  raw.send(connectPacket('1'))
  await raw.received.first((frame) => frame.returnCode === 11)
  return raw
}

/** Sends all at once and resolves with the ms that it took to get the last answer. */
async function flood(raw: RawClient, count: number): Promise<number> {
  const began = performance.now()
  for (let i = 1; i <= count; i++) raw.send(publishPacket('news', { y2wMessageId: `${i}` }))
  await raw.received.first((frame) => frame.y2wMessageId === `${count}`)
  return performance.now() - began
}

test.each(['tcp', 'ws'])('who publishes too fast over %s waits, and loses nothing', async (transport) => {
  env = await PushEnv.start({ limits: { frames: { perConnection: rate, perUser: ample } } })
  const raw = await connected(await (transport === 'tcp' ? env.rawTcp() : env.rawWs()))
  const bob = await env.device('2')
  const flooded = flood(raw, 30)
  expect(await bob.ask('news', {})).toEqual({ returnCode: 22 })
  // 20 beyond the burst, 20 a second.
  expect(await flooded).toBeGreaterThan(900)
  expect(raw.received.all.slice(1).map(({ y2wMessageId }) => y2wMessageId)).toEqual(
    Array.from({ length: 30 }, (_, i) => `${i + 1}`),
  )
})

test('a user with many connections is not faster', async () => {
  env = await PushEnv.start({ limits: { frames: { perConnection: ample, perUser: rate } } })
  const raws = await Promise.all([1, 2, 3].map(async () => connected(await env.rawTcp())))
  const times = await Promise.all(raws.map((raw) => flood(raw, 10)))
  expect(Math.max(...times)).toBeGreaterThan(900)
})

test('the API announces as fast as it can', async () => {
  env = await PushEnv.start({ limits: { frames: { perConnection: rate, perUser: rate } } })
  const service = await env.device('service')
  const began = performance.now()
  const told = { cmd: 'announce', stamp: 1, syncs: [{ type: 0 }] }
  await Promise.all(Array.from({ length: 60 }, () => service.ask('y2w/user/1', told)))
  // At the rate of users it would take 2.5 s.
  expect(performance.now() - began).toBeLessThan(2400)
})
