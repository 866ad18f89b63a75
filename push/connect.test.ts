import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokens } from '../shared/server/tokens.js'
import { connectPacket, imToken, PushEnv, publishPacket, tokens, until } from '../test/helpers/push-env.js'
import { brokerClientId, type Identity, identify } from './connect.js'

const GUID = '0f8fad5b-d9cb-469f-a165-70867728950e'
const forger = createTokens('some other secret, which is not that of the service')

let env: PushEnv
beforeAll(async () => {
  env = await PushEnv.start()
})
afterAll(() => env.close())

const im = (sub: string, lifetimeS?: number) => tokens.sign('im', { sub, app: 'a', login: 'l' }, lifetimeS)

describe.each(['tcp', 'ws'])('who is refused over %s', (transport) => {
  test.each([
    { title: 'no password', code: 5, username: '1', password: undefined },
    { title: 'no user name and no password', code: 4, username: undefined, password: undefined },
    { title: 'a user whose id is none', code: 4, username: 'a:b', password: imToken('a:b') },
    { title: 'nonsense for a token', code: 5, username: '1', password: 'nonsense' },
    {
      title: 'a forged token',
      code: 5,
      username: '1',
      password: forger.sign('im', { sub: '1', app: 'a', login: 'l' }),
    },
    { title: "another user's token", code: 5, username: '1', password: imToken('2') },
    {
      title: 'an access token',
      code: 5,
      username: '1',
      password: tokens.sign('access', { sub: '1', app: 'a', login: 'l' }),
    },
    {
      title: 'a service token of a user',
      code: 5,
      username: '1',
      password: tokens.sign('service', { sub: 'api' }),
    },
    { title: 'an im token of the service', code: 5, username: 'service', password: imToken('service') },
    { title: 'an expired token', code: 6, username: '1', password: im('1', -1) },
    { title: 'an expired token of another user', code: 6, username: '1', password: im('2', -1) },
    {
      title: 'a forged expired token',
      code: 5,
      username: '1',
      password: forger.sign('im', { sub: '1', app: 'a', login: 'l' }, -1),
    },
  ])('CONNACK $code: $title', async ({ code, username, password }) => {
    const raw = await (transport === 'tcp' ? env.rawTcp() : env.rawWs())
    const packet = connectPacket('1', { username, password: password && Buffer.from(password) })
    // What follows at once is not taken, and does not cost the client the answer.
    raw.send(packet, publishPacket('y2w/session/group_1', { cmd: 'sendMessage' }))
    expect(await raw.next('connack')).toMatchObject({ returnCode: code })
    await raw.closed
    expect(raw.received.all).toEqual([])
  })
})

test.each(['tcp', 'ws'])('a user is accepted over %s', async (transport) => {
  const device = await env.device('1', { url: transport === 'tcp' ? env.mqttUrl : env.wsUrl })
  expect(device.received.all).toEqual([{ returnCode: 11 }])
  expect(device.received.topics).toEqual(['y2w/user/1'])
})

test('the service is accepted and is no user', async () => {
  const before = env.push.connectionCount
  const service = await env.device('service')
  expect(service.received.all).toEqual([{ returnCode: 11 }])
  expect(env.push.connectionCount).toBe(before)
})

test('long client ids are accepted', async () => {
  await env.device('1', { clientId: 'x'.repeat(300) })
  await env.device('1', { clientId: `00${GUID}` })
})

test("another user's client id displaces nobody", async () => {
  const clientId = `00${GUID}`
  const victim = await env.device('10', { clientId })
  await env.device('11', { clientId })
  await env.device('service', { clientId })
  const raw = await env.rawTcp()
  raw.send(connectPacket('10', { clientId, password: Buffer.from('nonsense') }))
  await raw.closed
  expect(victim.client.connected).toBe(true)
  expect(await victim.notifications()).toEqual([])
})

test('a reconnection of an old client displaces its earlier connection silently', async () => {
  const first = await env.device('20', { clientId: `00${GUID}` })
  const other = await env.device('20', { clientId: '00ffffffff-d9cb-469f-a165-70867728950e' })
  const second = await env.device('20', { clientId: `10${GUID}` })
  await first.closed
  expect(first.received.all).toEqual([{ returnCode: 11 }])
  expect(await second.notifications()).toEqual([])
  expect(other.client.connected).toBe(true)
})

test('connections are counted while they last', async () => {
  const before = env.push.connectionCount
  const raw = await env.rawTcp()
  raw.send(connectPacket('30'))
  await raw.received.first((frame) => frame.returnCode === 11)
  expect(env.push.connectionCount).toBe(before + 1)
  raw.send({ cmd: 'disconnect' })
  await until(() => env.push.connectionCount === before)
})

test('beyond so many connections of one user the oldest is closed', async () => {
  const small = await PushEnv.start({ limits: { maxConnectionsPerUser: 3 } })
  const [other] = await small.devices('2')
  const own = []
  for (let i = 0; i < 5; i += 1) own.push(await small.device('1'))
  await Promise.all([own[0]?.closed, own[1]?.closed])
  expect(small.push.connectionCount).toBe(4)
  await small.push.announce({ topic: 'y2w/user/1', stamp: 1, syncs: [{ type: 0 }] })
  for (const device of own.slice(2)) expect(await device.notifications()).toHaveLength(1)
  expect(other?.client.connected).toBe(true)
  await small.close()
})

test('sessions do not persist', async () => {
  const first = await env.device('40', { clientId: 'stays', clean: false })
  const raw = await env.rawTcp()
  raw.send(connectPacket('40', { clientId: 'stays', clean: false }))
  expect(await raw.next('connack')).toMatchObject({ returnCode: 0, sessionPresent: false })
  await first.closed
})

test('a will is dropped', async () => {
  env.memberships.set({ sessionId: '50' }, '51', '52')
  const [witness] = await env.devices('52')
  const before = env.push.connectionCount
  const raw = await env.rawTcp()
  const payload = JSON.stringify({ cmd: 'sendMessage', y2wMessageId: 'will', mts: 1000, message: {} })
  raw.send(connectPacket('51', { will: { topic: 'y2w/session/group_50', payload, qos: 0, retain: true } }))
  await raw.received.first((frame) => frame.returnCode === 11)
  ;(raw.transport as Socket).resetAndDestroy()
  await until(() => env.push.connectionCount === before)
  expect(await witness?.notifications()).toEqual([])
  expect(env.memberships.asked).not.toContain('50')
})

test('MQTT 5 is refused and 3.1 is taken', async () => {
  const five = await env.rawTcp()
  five.send(connectPacket('60', { protocolVersion: 5 }))
  expect(await five.next('connack')).toMatchObject({ returnCode: 1 })
  const three = await env.rawTcp()
  three.send(connectPacket('60', { protocolId: 'MQIsdp', protocolVersion: 3, clientId: 'x'.repeat(23) }))
  expect(await three.next('connack')).toMatchObject({ returnCode: 0 })
})

test('the broker knows connections by user and instance', () => {
  const idOf = (userId: string, clientId: string) => {
    const identity = identify(tokens, { username: userId, password: Buffer.from(imToken(userId)), clientId })
    return brokerClientId(identity as Identity, clientId)
  }
  expect(idOf('1', `00${GUID}`)).toBe(idOf('1', `10${GUID}`))
  expect(idOf('1', `00${GUID}`)).not.toBe(idOf('1', `01${GUID}`))
  expect(idOf('1', 'phone')).not.toBe(idOf('2', 'phone'))
  expect(idOf('1', '')).not.toBe(idOf('1', ''))
  const long = 'x'.repeat(60_000)
  expect(idOf('1', long)).toBe(idOf('1', long))
  expect(idOf('1', long)).not.toBe(idOf('1', `${long}y`))
  expect(idOf('1', long).length).toBeLessThan(128)
})
