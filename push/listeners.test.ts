import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate, type Packet, parser } from 'mqtt-packet'
import { WebSocket } from 'ws'
import { ConfigError } from '../shared/server/env.js'
import { createLog } from '../shared/server/log.js'
import { connectPacket, PushEnv, publishPacket, tokens } from '../test/helpers/push-env.js'
import { readPushConfig } from './config.js'
import { createPushServer } from './server.js'

let env: PushEnv
beforeEach(async () => {
  env = await PushEnv.start()
})
afterEach(() => env.close())

test.each([
  { offered: ['mqttv3.1'], chosen: 'mqttv3.1' },
  { offered: ['mqtt'], chosen: 'mqtt' },
  { offered: ['mqttv3.1', 'mqtt'], chosen: 'mqtt' },
  { offered: [], chosen: '' },
])('of the subprotocols $offered, "$chosen" is echoed', async ({ offered, chosen }) => {
  const raw = await env.rawWs(offered)
  expect((raw.transport as WebSocket).protocol).toBe(chosen)
  raw.send(connectPacket('1'))
  await raw.received.first((frame) => frame.returnCode === 11)
})

test('an old client: no SUBSCRIBE, one packet in each message, CONNACK and then accept', async () => {
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2')
  const raw = await env.rawWs(['mqttv3.1'])
  const messages: Packet[][] = []
  raw.transport.on('message', (data: Buffer) => {
    const packets: Packet[] = []
    const reader = parser()
    reader.on('packet', (packet) => packets.push(packet))
    expect(reader.parse(data)).toBe(0)
    messages.push(packets)
  })
  raw.send(connectPacket('1', { clientId: '000f8fad5b-d9cb-469f-a165-70867728950e' }))
  await raw.received.first((frame) => frame.returnCode === 11)

  const tell = (stamp: number) => env.push.announce({ topic: 'y2w/user/1', stamp, syncs: [{ type: stamp }] })
  raw.send({ cmd: 'pingreq' }, publishPacket('news', { y2wMessageId: 'a' }, { qos: 1, messageId: 1 }), {
    cmd: 'pingreq',
  })
  await Promise.all([1, 2, 3, 4].map(tell))
  const [bob] = await env.devices('2')
  await bob?.say('y2w/session/group_100', 1000)
  raw.send(
    publishPacket('y2w/session/group_100', { cmd: 'sendMessage', y2wMessageId: 'b', mts: 1000, message: {} }),
  )
  await raw.received.first((frame) => frame.y2wMessageId === 'b')

  expect(messages.every((packets) => packets.length === 1)).toBe(true)
  expect(messages.flat().slice(0, 2)).toMatchObject([
    { cmd: 'connack', returnCode: 0 },
    { cmd: 'publish', qos: 0 },
  ])
  expect(raw.received.all).toContainEqual({ cmd: 'sendMessage', message: { syncs: [{ type: 0 }] } })
  expect(raw.received.all.filter(({ stamp }) => stamp).map(({ stamp }) => stamp)).toEqual([1, 2, 3, 4])
  expect(raw.received.all.at(-1)).toEqual({ y2wMessageId: 'b', returnCode: 20 })
})

test('packets may be cut anywhere by a WebSocket client', async () => {
  const raw = await env.rawWs()
  const bytes = generate(connectPacket('1'))
  for (const byte of bytes) raw.send(Buffer.from([byte]))
  await raw.received.first((frame) => frame.returnCode === 11)
})

test('text messages close the connection', async () => {
  const raw = await env.rawWs()
  ;(raw.transport as WebSocket).send('hello')
  await raw.closed
})

test('what a refused WebSocket client still sends does not hold up the end', async () => {
  const raw = await env.rawWs()
  raw.send(connectPacket('1', { password: Buffer.from('nonsense') }))
  for (let i = 0; i < 40; i += 1) raw.send(publishPacket('news', 'x'.repeat(100_000)))
  await raw.next('connack')
  await Promise.race([
    raw.closed,
    sleep(10_000, undefined, { ref: false }).then(() => Promise.reject(new Error('still open'))),
  ])
})

test('plain HTTP is told to upgrade', async () => {
  const response = await fetch(`http://127.0.0.1:${env.push.ports.ws}/healthz`)
  expect(response.status).toBe(426)
  expect(await response.text()).toMatch('WebSocket')
})

test("another HTTP server's upgrades can be handed over", async () => {
  const server = createHttpServer().on('upgrade', env.push.handleUpgrade).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await env.device('1', { url: `ws://127.0.0.1:${port}/push` })
  server.close()
})

describe('starting and stopping', () => {
  const start = (variables: NodeJS.ProcessEnv) =>
    createPushServer(readPushConfig({ MQTT_PORT: '0', WS_PORT: '0', ...variables }), {
      tokens,
      memberships: env.memberships,
      logins: env.logins,
      presence: env.presence,
      log: createLog('test', 'silent'),
    })

  test.each(['MQTT_PORT', 'WS_PORT'])('a taken %s is named', async (variable) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const error = await start({ [variable]: `${port}` }).catch((failure) => failure)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(`${variable} ${port} on 127.0.0.1 is taken by another program`)
    taken.close()
  })

  test('an address of another machine is named', async () => {
    await expect(start({ HOST: '192.0.2.1' })).rejects.toThrow(
      'HOST 192.0.2.1 is not an address of this machine',
    )
  })

  test.each(['mqtt', 'ws'] as const)('closing takes no more connections at once: %s', async (name) => {
    await env.devices('1')
    const port = env.push.ports[name]
    const closing = env.push.close()
    const late = connect(port, '127.0.0.1')
    await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED')
    await closing
  })

  test('closing takes no more upgrades of another HTTP server', async () => {
    const server = createHttpServer().on('upgrade', env.push.handleUpgrade).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await env.push.close()
    const late = new WebSocket(`ws://127.0.0.1:${port}/push`, 'mqtt')
    await expect(once(late, 'open')).rejects.toThrow('503')
    server.close()
  })

  test('closing cuts every connection, also those that never said anything, and frees the ports', async () => {
    const silent = [await env.rawTcp(), await env.rawWs()]
    const [alice] = await env.devices('1')
    const { mqtt, ws } = env.push.ports
    await env.push.close()
    await Promise.all([alice?.closed, ...silent.map((raw) => raw.closed)])
    const again = await start({ MQTT_PORT: `${mqtt}`, WS_PORT: `${ws}` })
    expect(again.ports).toEqual({ mqtt, ws })
    await again.close()
  })
})
