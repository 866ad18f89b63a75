import type { Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { generate } from 'mqtt-packet'
import { loginsTopic } from '../shared/server/logins.js'
import { connectPacket, PushEnv, publishPacket, type RawClient, until } from '../test/helpers/push-env.js'
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

test('who floods, cuts the connection and comes again owes nothing for what was never dealt with', async () => {
  env = await PushEnv.start({ limits: { frames: { perConnection: rate, perUser: rate } } })
  for (let round = 0; round < 5; round += 1) {
    const raw = await connected(await env.rawTcp())
    raw.send(...Array.from({ length: 500 }, (_, i) => publishPacket('news', { y2wMessageId: `${i}` })))
    await raw.received.first((frame) => frame.y2wMessageId === '0')
    raw.transport.removeAllListeners('data')
    ;(raw.transport as Socket).destroy()
    await until(() => env.push.connectionCount === 0)
  }
  // 2500 frames at 20 a second would be two minutes.
  const began = performance.now()
  expect(await (await env.device('1')).ask('news', {})).toEqual({ returnCode: 22 })
  expect(performance.now() - began).toBeLessThan(8000)
})

test('who sends more frames at once than can be meant is cut off', async () => {
  env = await PushEnv.start({ limits: { frames: { perConnection: rate, perUser: rate } } })
  const raw = await connected(await env.rawTcp())
  raw.send(Buffer.concat(Array.from({ length: 9000 }, () => generate(publishPacket('a', '')))))
  await raw.closed
})

test('what a connection has sent counts no more once it is cut', async () => {
  env = await PushEnv.start({ limits: { frames: { perConnection: rate, perUser: rate } } })
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2')
  const bob = await env.device('2')
  const raw = await connected(await env.rawTcp())
  const frames = Array.from({ length: 60 }, (_, n) =>
    publishPacket('y2w/session/group_100', {
      cmd: 'sendMessage',
      y2wMessageId: `${n}`,
      mts: 1000,
      message: { n },
    }),
  )
  raw.send(...frames)
  await bob.received.first((frame) => frame.message?.n === 5)
  env.logins.ended.push('login-of-1')
  await env.push.announce({ topic: loginsTopic('1'), stamp: 1, syncs: [] })
  const heard = (await bob.notifications()).length
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(await bob.notifications()).toHaveLength(heard)
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
