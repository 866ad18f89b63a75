import { Duplex } from 'node:stream'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { generate } from 'mqtt-packet'
import { createLog } from '../shared/server/log.js'
import { connectPacket, PushEnv, publishPacket, type RawClient, tokens } from '../test/helpers/push-env.js'
import { createBroker } from './broker.js'
import { readPushConfig } from './config.js'
import { PacketMeter } from './packet-limit.js'

let env: PushEnv
afterEach(() => env.close())

async function connected(raw: RawClient, userId = '1'): Promise<RawClient> {
  raw.send(connectPacket(userId))
  await raw.received.first((frame) => frame.returnCode === 11)
  return raw
}

describe('packets that are too big', () => {
  const maxPacketBytes = 10_000
  const tooBig = publishPacket('news', 'x'.repeat(maxPacketBytes))

  test.each(['TCP', 'WebSocket'])('close their connection over %s', async (transport) => {
    env = await PushEnv.start({ limits: { maxPacketBytes } })
    const raw = await connected(await (transport === 'TCP' ? env.rawTcp() : env.rawWs()))
    raw.send(publishPacket('news', { y2wMessageId: 'fits', more: 'x'.repeat(9000) }))
    await raw.received.first((frame) => frame.y2wMessageId === 'fits')
    raw.send(tooBig)
    await raw.closed
  })

  test.each(['TCP', 'WebSocket'])('are not waited for over %s: their header is enough', async (transport) => {
    env = await PushEnv.start({ limits: { maxPacketBytes } })
    const raw = await (transport === 'TCP' ? env.rawTcp() : env.rawWs())
    raw.send(generate(tooBig).subarray(0, 10))
    await raw.closed
  })

  test('packets of up to 256 KiB pass', async () => {
    env = await PushEnv.start()
    for (const raw of [await env.rawTcp(), await env.rawWs()]) {
      await connected(raw)
      const packet = publishPacket('news', { y2wMessageId: 'large', more: 'x'.repeat(256 * 1024 - 100) })
      raw.send(packet)
      await raw.received.first((frame) => frame.y2wMessageId === 'large')
    }
  })
})

test('a slow reader is dropped, and nobody waits for it', async () => {
  env = await PushEnv.start({ limits: { maxUnsentBytes: 50_000 } })
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2', '3')
  const slow = await connected(await env.rawTcp(), '2')
  const [alice, bob] = await env.devices('1', '3')
  slow.transport.pause()
  const message = { syncs: [{ type: 'x', content: 'y'.repeat(100_000) }] }
  let sent = 0
  // The kernel takes some megabytes before anything waits.
  for (; env.push.connectionCount === 3 && sent < 500; sent += 1) {
    expect(await alice?.say('y2w/session/group_100', 1000, message)).toEqual({ returnCode: 20 })
  }
  expect(env.push.connectionCount).toBe(2)
  expect(await bob?.notifications()).toHaveLength(sent)
  slow.transport.resume()
  await slow.closed
})

test.each(['TCP', 'WebSocket'])(
  'a flood over %s is not read faster than it can be answered',
  async (transport) => {
    env = await PushEnv.start({ limits: { maxInboxBytes: 20_000 } })
    env.memberships.set({ sessionId: '100', mts: 1000 }, '1')
    let open = () => {}
    env.memberships.gate = new Promise((resolve) => {
      open = resolve
    })
    const raw = await connected(await (transport === 'TCP' ? env.rawTcp() : env.rawWs()))
    const count = 400
    const frames = Array.from({ length: count }, (_, i) =>
      generate(
        publishPacket('y2w/session/group_100', {
          cmd: 'sendMessage',
          y2wMessageId: `${i}`,
          mts: 1000,
          message: { syncs: [], filler: 'x'.repeat(50_000) },
        }),
      ),
    )
    for (const frame of frames) raw.send(frame)
    // 20 MB are under way. What the server and both kernels do not hold waits here; a slow machine can only
    // make it more.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(raw.unsentBytes).toBeGreaterThan(5_000_000)
    open()
    await raw.received.first((frame) => frame.y2wMessageId === `${count - 1}`)
    expect(raw.received.all.slice(1).map(({ y2wMessageId }) => Number(y2wMessageId))).toEqual([
      ...frames.keys(),
    ])
  },
)

test('neither is a trickle: reading stops when too much waits for an answer', async () => {
  env = await PushEnv.start({ limits: { maxInboxBytes: 20_000 } })
  let open = () => {}
  env.memberships.gate = new Promise((resolve) => {
    open = resolve
  })
  const raw = await connected(await env.rawTcp())
  const { asked } = env.memberships
  const count = 200
  for (let i = 1, isRead = true; i <= count; i += 1) {
    const before = asked.length
    const frame = { cmd: 'sendMessage', y2wMessageId: `${i}`, mts: 1, message: { filler: 'x'.repeat(1000) } }
    raw.send(publishPacket(`y2w/session/group_${i}`, frame))
    // Every frame by itself, as long as the server reads: it must stop by its own.
    for (let turn = 0; isRead && asked.length === before; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      isRead = turn < 2000
    }
  }
  expect(asked.length).toBeLessThan(20)
  open()
  await raw.received.first((frame) => frame.y2wMessageId === `${count}`)
  expect(asked).toEqual(Array.from({ length: count }, (_, i) => `${i + 1}`))
})

test('nor does one connection keep the others waiting, however much of it has arrived', async () => {
  env = await PushEnv.start()
  let taken = 0
  let most = 0
  const broker = await createBroker({
    tokens,
    log: createLog('test', 'silent'),
    limits: readPushConfig({ RATE_LIMIT: 'off' }).limits,
    objection: () => undefined,
    onReady() {},
    onFrame: ({ inbox }, _topic, payload) =>
      inbox.take(payload.length, Promise.resolve(), () => {
        taken += 1
      }),
  })
  const perRead = 300
  const chunkCount = 100
  const frame = generate(publishPacket('news', 'x'.repeat(200)))
  const chunk = Buffer.concat(Array.from({ length: perRead }, () => frame))
  let chunks = [generate(connectPacket('1'))]
  // A socket that has more at once whenever it is read.
  const conn = new Duplex({
    read() {
      const next = chunks.shift()
      if (next) this.push(next)
    },
    write(_connack, _encoding, done) {
      chunks = Array.from({ length: chunkCount - 1 }, () => chunk)
      this.push(chunk)
      done()
    },
  })
  broker.handle(conn)
  for (let before = 0; taken < chunkCount * perRead; before = taken) {
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, taken - before)
  }
  conn.destroy()
  await broker.close()
  expect(most).toBeLessThan(10 * perRead)
})

test('who does not release QoS 2 messages is dropped', async () => {
  env = await PushEnv.start()
  const raw = await connected(await env.rawTcp())
  for (let messageId = 1; messageId <= 1001; messageId += 1) {
    raw.send(publishPacket('news', { y2wMessageId: 'x' }, { qos: 2, messageId }))
  }
  await raw.closed
})

test('who sends no CONNECT is closed', async () => {
  env = await PushEnv.start({ limits: { connectTimeoutMs: 50 } })
  await Promise.all([(await env.rawTcp()).closed, (await env.rawWs()).closed])
})

test.each([
  { title: 'rubbish', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
  { title: 'zeros', bytes: Buffer.alloc(100) },
  { title: 'a length without end', bytes: Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]) },
  { title: 'a PUBLISH before CONNECT', bytes: generate(publishPacket('news', '{}')) },
])('$title closes only its own connection', async ({ bytes }) => {
  env = await PushEnv.start()
  const [alice] = await env.devices('1')
  for (const raw of [await env.rawTcp(), await env.rawWs()]) {
    raw.send(bytes)
    await raw.closed
  }
  expect(await alice?.ask('news', {})).toEqual({ returnCode: 22 })
})

test('the meter counts packets the same however they are cut', async () => {
  env = await PushEnv.start()
  const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 })
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 })
  fc.assert(
    fc.property(sizes, cuts, fc.integer({ min: 20, max: 400 }), (bodies, steps, max) => {
      const packets = bodies.map((size) => generate(publishPacket('t', 'x'.repeat(size))))
      const bytes = Buffer.concat(packets)
      const meter = new PacketMeter(max)
      let accepted = true
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const step = steps[i % steps.length] as number
        accepted = accepted && meter.accepts(bytes.subarray(at, at + step))
        at += step
      }
      // A PUBLISH's body is its payload, the topic `t` and the topic's length.
      expect(accepted).toBe(bodies.every((size) => size + 3 <= max))
    }),
  )
})
