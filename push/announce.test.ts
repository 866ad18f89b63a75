import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Device, PushEnv } from '../test/helpers/push-env.js'

const GROUP = 'y2w/session/group_100'
const syncs = [{ type: 0 }, { type: 1, sessionId: 'group_100' }]
const notification = { cmd: 'sendMessage', message: { syncs }, stamp: 1500 }
const ofSession = { ...notification, mts: 1000 }

let env: PushEnv
let service: Device
beforeEach(async () => {
  env = await PushEnv.start()
  env.memberships.set({ sessionId: '100', mts: 1000 }, '1', '2')
  service = await env.device('service')
})
afterEach(() => env.close())

interface Told {
  topic: string
  stamp: number
  mts?: number
  syncs: typeof syncs
}

/** The API in this process, and an API elsewhere. */
const ways = [
  { way: 'in process', tell: (told: Told) => env.push.announce(told) },
  {
    way: 'by the service connection',
    tell: async ({ topic, ...told }: Told) => {
      const { returnCode } = await service.ask(topic, { cmd: 'announce', ...told }, 1)
      if (returnCode !== 20) throw new Error(`answered ${returnCode}`)
    },
  },
]

describe.each(ways)('announced $way', ({ tell }) => {
  test('a session topic reaches all connections of its members', async () => {
    const [alice, tablet, bob, mallory] = await env.devices('1', '1', '2', '9')
    await tell({ topic: GROUP, stamp: 1500, mts: 1000, syncs })
    for (const device of [alice, tablet, bob]) expect(await device?.notifications()).toEqual([ofSession])
    expect(await mallory?.notifications()).toEqual([])
  })

  test('a user topic reaches that user only', async () => {
    const [alice, bob] = await env.devices('1', '2')
    await tell({ topic: 'y2w/user/1', stamp: 1500, syncs })
    expect(await alice?.notifications()).toEqual([notification])
    expect(await bob?.notifications()).toEqual([])
  })

  test('a newer mts has the members looked up again first', async () => {
    const [alice, bob, carol] = await env.devices('1', '2', '3')
    await tell({ topic: GROUP, stamp: 1500, mts: 1000, syncs })
    env.memberships.set({ sessionId: '100', mts: 1400 }, '1', '3')
    await tell({ topic: GROUP, stamp: 1501, mts: 1400, syncs })
    expect(await carol?.notifications()).toHaveLength(1)
    await tell({ topic: GROUP, stamp: 1502, syncs })
    expect((await alice?.notifications())?.at(-1)).toMatchObject({ stamp: 1502 })
    expect(await bob?.notifications()).toHaveLength(1)
    expect(await carol?.notifications()).toHaveLength(2)
    expect(env.memberships.asked).toHaveLength(2)
  })

  test('a removed member is heard of no more at once', async () => {
    const [alice, bob] = await env.devices('1', '2')
    expect(await bob?.say(GROUP, 1000)).toEqual({ returnCode: 20 })
    env.memberships.set({ sessionId: '100', mts: 1400 }, '1')
    await tell({ topic: GROUP, stamp: 1500, mts: 1400, syncs })
    expect(await bob?.say(GROUP, 1000)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toHaveLength(2)
  })

  test('a session that is gone concerns nobody', async () => {
    await tell({ topic: 'y2w/session/group_404', stamp: 1500, mts: 1400, syncs })
  })

  test('fails when the members cannot be looked up, and can be told again', async () => {
    const [alice] = await env.devices('1')
    env.memberships.failure = new Error('the API is away')
    await expect(tell({ topic: GROUP, stamp: 1500, mts: 1000, syncs })).rejects.toThrow()
    env.memberships.failure = undefined
    await tell({ topic: GROUP, stamp: 1500, mts: 1000, syncs })
    expect(await alice?.notifications()).toEqual([ofSession])
  })
})

describe('the service connection', () => {
  test('gets 99 when the members cannot be looked up, and 30 for a wrong frame', async () => {
    env.memberships.failure = new Error('the API is away')
    expect(await service.ask(GROUP, { cmd: 'announce', stamp: 1, syncs })).toEqual({ returnCode: 99 })
    expect(await service.ask(GROUP, { cmd: 'announce', stamp: 1 })).toEqual({ returnCode: 30 })
    expect(await service.ask('news', { cmd: 'announce', stamp: 1, syncs })).toEqual({ returnCode: 22 })
  })

  test('is answered on its own topic', async () => {
    await service.ask(GROUP, { cmd: 'announce', stamp: 1, syncs })
    expect(service.received.topics).toEqual(['y2w/user/service'])
  })
})

test('custom fields of syncs come through', async () => {
  const [alice] = await env.devices('1')
  const custom = [{ type: 'note', sessionId: 'group_100', extra: { a: [1] } }]
  await service.ask('y2w/user/1', { cmd: 'announce', stamp: 1, syncs: custom })
  expect(await alice?.notifications()).toEqual([{ cmd: 'sendMessage', message: { syncs: custom }, stamp: 1 }])
})
