import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectPacket, PushEnv } from '../test/helpers/push-env.js'

let env: PushEnv
beforeAll(async () => {
  env = await PushEnv.start()
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2')
})
afterAll(() => env.close())

test.each([
  '#',
  '+/user/1',
  'y2w/user/+',
  'y2w/user/2',
  'y2w/user/#',
  'y2w/session/group_100',
  '$SYS/#',
  '$SYS/+/new/clients',
  'news',
])('%s is not granted, and the connection stays', async (topic) => {
  const raw = await env.rawTcp()
  raw.send(connectPacket('1'))
  raw.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] })
  expect(await raw.next('suback')).toMatchObject({ granted: [128] })
  raw.send({ cmd: 'pingreq' })
  await raw.next('pingresp')
})

test.each([0, 1, 2] as const)('the own user topic is granted at QoS 0 when asked for at %d', async (qos) => {
  const raw = await env.rawTcp()
  raw.send(connectPacket('1'))
  const subscriptions = [
    { topic: 'y2w/user/1', qos },
    { topic: 'y2w/user/2', qos },
  ]
  raw.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  expect(await raw.next('suback')).toMatchObject({ granted: [0, 128] })
})

test('every notification reaches every connection once, subscribed or not', async () => {
  const [alice, plain, subscribed] = await env.devices('1', '2', '2')
  await subscribed?.client.subscribeAsync('y2w/user/2', { qos: 1 })
  await subscribed?.client.subscribeAsync('y2w/user/2')
  await alice?.say('y2w/session/group_100', 1000)
  await env.push.announce({ topic: 'y2w/user/2', stamp: 5, syncs: [{ type: 2 }] })
  const expected = [
    { cmd: 'sendMessage', message: { syncs: [{ type: 0 }] } },
    { cmd: 'sendMessage', message: { syncs: [{ type: 2 }] }, stamp: 5 },
  ]
  expect(await plain?.notifications()).toEqual(expected)
  expect(await subscribed?.notifications()).toEqual(expected)
  await subscribed?.client.unsubscribeAsync('y2w/user/2')
  await alice?.say('y2w/session/group_100', 1000)
  expect(await subscribed?.notifications()).toHaveLength(3)
})
