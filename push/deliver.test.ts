import { afterEach, expect, test } from '@jest/globals'
import { connectPacket, PushEnv, until } from '../test/helpers/push-env.js'
import type { Connection, Connections } from './connections.js'
import { Deliveries } from './deliver.js'
import type { State } from './outgoing.js'

/** Users with one connection each, and what they were sent. */
function setUp(...userIds: string[]) {
  const sent: string[] = []
  const own = new Map(
    userIds.map((userId) => {
      const send = (packet: Buffer) => sent.push(`${userId} ${packet.toString().split(`user/${userId}`)[1]}`)
      return [userId, [{ send } as unknown as Connection]]
    }),
  )
  const connections = {
    of: (userId: string) => own.get(userId),
    userCount: own.size,
    userIds: () => own.keys(),
  }
  return { deliveries: new Deliveries(connections as unknown as Connections), sent, own }
}

const tick = () => new Promise((resolve) => setImmediate(resolve))
const delivery = (userIds: Set<string>, text: string, state?: State) => ({
  userIds,
  payload: Buffer.from(text),
  state,
})
const state = (key: string, stamp?: number): State => ({ key, stamp })

test('a state that comes again within a tick is carried once, with the newest stamp; all else as often as it came', async () => {
  const { deliveries, sent } = setUp('1', '2')
  const members = new Set(['1', '2'])
  deliveries.put(delivery(members, 'chat 1', state('chat', 1)))
  deliveries.put(delivery(members, 'custom'))
  deliveries.put(delivery(members, 'chat 3', state('chat', 3)))
  deliveries.put(delivery(members, 'chat 2', state('chat', 2)))
  deliveries.put(delivery(members, 'custom'))
  deliveries.put(delivery(members, 'a member says', state('chat')))
  expect(sent).toEqual([])
  await tick()
  const each = ['chat 3', 'custom', 'custom', 'a member says']
  expect(sent).toEqual(each.flatMap((text) => [`1 ${text}`, `2 ${text}`]))
})

test('whoever was a member at the older one hears of it', async () => {
  const { deliveries, sent } = setUp('1', '2')
  deliveries.put(delivery(new Set(['1', '2']), 'chat 1', state('chat', 1)))
  deliveries.put(delivery(new Set(['1']), 'chat 2', state('chat', 2)))
  await tick()
  expect(sent).toEqual(['1 chat 1', '2 chat 1', '1 chat 2'])
})

test('what two members say goes to each of them from the other', async () => {
  const { deliveries, sent, own } = setUp('1', '2')
  const members = new Set(['1', '2'])
  for (const userId of members) deliveries.put(delivery(members, 'chat', state('chat')), own.get(userId)?.[0])
  await tick()
  expect(sent).toEqual(['2 chat', '1 chat'])
})

test('an ack comes when what it is for has been handed to the sockets, and acks come in order', async () => {
  const { deliveries, sent } = setUp('1')
  const acked: string[] = []
  deliveries.afterwards(() => acked.push('at once'))
  expect(acked).toEqual(['at once'])
  deliveries.put(delivery(new Set(['1']), 'custom'))
  deliveries.afterwards(() => acked.push(`after ${sent.length}`))
  deliveries.afterwards(() => acked.push('last'))
  await tick()
  expect(acked).toEqual(['at once', 'after 1', 'last'])
})

let env: PushEnv | undefined
afterEach(() => env?.close())

test('over WebSocket notifications of any size arrive, many in one write', async () => {
  env = await PushEnv.start()
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2')
  const [alice] = await env.devices('1')
  const bob = await env.rawWs()
  bob.send(connectPacket('2'))
  await bob.received.first((frame) => frame.returnCode === 11)
  // Around where WebSocket lengths, and MQTT's, take more bytes.
  const sizes = [1, 60, 125, 126, 127, 16_300, 16_384, 65_400, 65_536, 70_000]
  const messages = sizes.map((size) => ({ syncs: [{ type: 'x', content: 'y'.repeat(size) }] }))
  await Promise.all(messages.map((message) => alice?.say('y2w/session/group_100', 1000, message)))
  const got = () => bob.received.all.filter(({ message }) => message).map(({ message }) => message)
  await until(() => got().length === sizes.length)
  expect(got()).toEqual(messages)
})
