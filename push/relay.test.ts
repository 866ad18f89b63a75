import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { connectPacket, imToken, PushEnv, publishPacket, until } from '../test/helpers/push-env.js'

const ALICE = '1'
const BOB = '2'
const CAROL = '3'
const MALLORY = '9'
const GROUP = 'y2w/session/group_100'
const MTS = 1000

let env: PushEnv
beforeEach(async () => {
  env = await PushEnv.start()
  env.memberships.set({ sessionId: '100', mts: MTS }, ALICE, BOB, CAROL)
})
afterEach(() => env.close())

const syncs = [
  { type: 0 },
  { type: 1, sessionId: 'group_100' },
  { type: 'groupavcall', content: { roomId: 'r' } },
]
const message = { syncs, pns: { msg: 'hi' } }
const notification = { cmd: 'sendMessage', message }

describe('sendMessage (§2.7)', () => {
  test('at the right mts reaches every live member but the sending connection, as sent', async () => {
    const [alice, tablet, bob, carol, mallory] = await env.devices(ALICE, ALICE, BOB, CAROL, MALLORY)
    expect(await alice?.say(GROUP, MTS, message)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
    for (const device of [tablet, bob, carol]) expect(await device?.notifications()).toEqual([notification])
    expect(await mallory?.notifications()).toEqual([])
    expect(bob?.received.topics).toEqual([`y2w/user/${BOB}`])
  })

  test('an older mts gets 27 and the true one', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await alice?.say(GROUP, MTS - 1)).toEqual({ returnCode: 27, mts: MTS })
    expect(await bob?.notifications()).toEqual([])
  })

  test('a newer mts than the truth gets 28, and the updateSession after it is delivered', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await alice?.say(GROUP, MTS + 1)).toEqual({ returnCode: 28, mts: MTS })
    expect(await bob?.notifications()).toEqual([])
    const update = { cmd: 'updateSession', mts: MTS + 1, members: [{ uid: MALLORY }], force: false, message }
    expect(await alice?.ask(GROUP, update)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([notification])
  })

  test('a newer mts than the cached one has the members looked up again', async () => {
    const [alice, bob, mallory] = await env.devices(ALICE, BOB, MALLORY)
    expect(await alice?.say(GROUP, MTS)).toEqual({ returnCode: 20 })
    env.memberships.set({ sessionId: '100', mts: MTS + 5 }, ALICE, MALLORY)
    expect(await mallory?.say(GROUP, MTS + 5, message)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([notification])
    expect(await bob?.notifications()).toHaveLength(1)
    expect(env.memberships.asked).toEqual(['100', '100'])
  })

  test('of somebody removed a moment ago is taken and dropped, never answered 27', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    env.memberships.set({ sessionId: '100', mts: MTS + 5 }, ALICE)
    for (const mts of [MTS, MTS + 5, MTS + 6]) expect(await bob?.say(GROUP, mts)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
  })

  test.each([
    { title: 'a stranger', topic: GROUP, mts: MTS },
    { title: 'a stranger with an old mts', topic: GROUP, mts: 0 },
    { title: 'a stranger with a new mts', topic: GROUP, mts: MTS + 1 },
    { title: 'an unknown session', topic: 'y2w/session/group_404', mts: MTS },
    { title: 'a session under another type', topic: 'y2w/session/p2p_100', mts: MTS },
  ])('to $title is taken and dropped', async ({ topic, mts }) => {
    const [alice, mallory] = await env.devices(ALICE, MALLORY)
    expect(await mallory?.say(topic, mts)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
    expect(mallory?.client.connected).toBe(true)
  })

  test('of a member to the wrong type is dropped', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await alice?.say('y2w/session/p2p_100', MTS)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([])
  })

  test('of the same user id in another app is dropped', async () => {
    const [bob] = await env.devices(BOB)
    const foreign = await env.device(ALICE, { password: imToken(ALICE, 'other-app') })
    expect(await foreign.say(GROUP, MTS)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([])
  })

  test('a session that was unknown can be used as soon as it is announced', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    const topic = 'y2w/session/p2p_7'
    expect(await alice?.say(topic, MTS)).toEqual({ returnCode: 20 })
    env.memberships.set({ sessionId: '7', type: 'p2p', mts: MTS }, ALICE, BOB)
    await env.push.announce({ topic, stamp: MTS, mts: MTS, syncs: [] })
    expect(await alice?.say(topic, MTS, message)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([notification])
  })

  test('p2p follows the same rules', async () => {
    env.memberships.set({ sessionId: '7', type: 'p2p', mts: MTS }, ALICE, BOB)
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await alice?.say('y2w/session/p2p_7', MTS - 1)).toEqual({ returnCode: 27, mts: MTS })
    expect(await alice?.say('y2w/session/p2p_7', MTS, message)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([notification])
  })
})

describe('single_ (§2.7)', () => {
  const SINGLE = 'y2w/session/single_200'
  beforeEach(() => env.memberships.set({ sessionId: '200', type: 'single', mts: MTS }, ALICE))

  test.each([946_684_800_000, 0, MTS, MTS + 1])(
    'the owner is always answered 20, at mts %d too',
    async (mts) => {
      const [alice, tablet] = await env.devices(ALICE, ALICE)
      expect(await alice?.say(SINGLE, mts, message)).toEqual({ returnCode: 20 })
      expect(await tablet?.notifications()).toEqual([notification])
      expect(await alice?.notifications()).toEqual([])
    },
  )

  test('the first use, an updateSession with no members, is answered 20', async () => {
    const [alice, tablet] = await env.devices(ALICE, ALICE)
    const update = { cmd: 'updateSession', mts: 946_684_800_000, members: [], force: false, message }
    expect(await alice?.ask(SINGLE, update)).toEqual({ returnCode: 20 })
    expect(await tablet?.notifications()).toEqual([notification])
  })

  test('nobody else reaches the owner', async () => {
    const [alice, mallory] = await env.devices(ALICE, MALLORY)
    expect(await mallory?.say(SINGLE, MTS)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
  })
})

describe('updateSession (§2.7)', () => {
  test.each([
    { title: 'an older mts', mts: 1, force: false },
    { title: 'the same mts', mts: MTS, force: false },
    { title: 'a newer mts', mts: MTS + 1, force: false },
    { title: 'force', mts: 1, force: true },
    { title: 'no mts', mts: undefined, force: undefined },
  ])('with $title ignores the members and is answered 20', async ({ mts, force }) => {
    const [alice, bob, mallory] = await env.devices(ALICE, BOB, MALLORY)
    const members = [{ uid: MALLORY }, { uid: BOB, isDel: true }]
    const ack = await alice?.ask(GROUP, { cmd: 'updateSession', mts, force, members, message })
    expect(ack).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([notification])
    expect(await mallory?.notifications()).toEqual([])
  })

  test.each([
    { title: 'an mts in words', wrong: { mts: '1000' }, delivered: [notification] },
    { title: 'an mts below zero', wrong: { mts: -1 }, delivered: [notification] },
    { title: 'null for a message', wrong: { message: null }, delivered: [] },
    { title: 'an array for a message', wrong: { message: [] }, delivered: [] },
  ])('with force is answered 20 even with $title', async ({ wrong, delivered }) => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    const update = { cmd: 'updateSession', mts: MTS, members: [], message, ...wrong }
    expect(await alice?.ask(GROUP, { ...update, force: true })).toEqual({ returnCode: 20 })
    expect(await alice?.ask(GROUP, { ...update, force: false })).toEqual({ returnCode: 30 })
    expect(await bob?.notifications()).toEqual(delivered)
  })

  test('without a message delivers nothing', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await alice?.ask(GROUP, { cmd: 'updateSession', mts: MTS, members: [] })).toEqual({
      returnCode: 20,
    })
    expect(await bob?.notifications()).toEqual([])
  })

  test('of a stranger lets nobody in', async () => {
    const [alice, mallory] = await env.devices(ALICE, MALLORY)
    const members = [{ uid: MALLORY, isDel: false }]
    const update = { cmd: 'updateSession', mts: MTS + 9, force: true, members, message }
    expect(await mallory?.ask(GROUP, update)).toEqual({ returnCode: 20 })
    expect(await mallory?.say(GROUP, MTS)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
  })
})

describe('y2wIMApp_ (§2.7)', () => {
  const topic = `y2w/session/y2wIMApp_${ALICE}`
  const mts = 1_264_953_600_000

  test("reaches one's own other devices", async () => {
    const [alice, tablet] = await env.devices(ALICE, ALICE)
    expect(await alice?.say(topic, mts, message)).toEqual({ returnCode: 20 })
    expect(await tablet?.notifications()).toEqual([notification])
    expect(await alice?.notifications()).toEqual([])
  })

  test('reaches a user from the service', async () => {
    const [alice, service] = await env.devices(ALICE, 'service')
    expect(await service?.say(topic, mts, message)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([notification])
  })

  test('reaches nobody from anybody else', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    expect(await bob?.say(topic, mts)).toEqual({ returnCode: 20 })
    expect(await alice?.notifications()).toEqual([])
  })
})

describe('what cannot be understood (§2.7)', () => {
  const y2wMessageId = 'an-id'
  const frame = { cmd: 'sendMessage', y2wMessageId, mts: MTS, message }
  /** A frame of so many levels, the outermost two being the frame and its message. */
  const nested = (levels: number, text = 'hi') =>
    JSON.stringify({ ...frame, message: { at: text } }).replace(
      `"at":`,
      `"at":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)},"text":`,
    )
  const cases: { title: string; topic?: string; payload: string | object; returnCode?: number }[] = [
    { title: 'an unknown cmd', payload: { ...frame, cmd: 'shutdown' }, returnCode: 22 },
    { title: 'no cmd', payload: { y2wMessageId }, returnCode: 22 },
    {
      title: "the service's cmd",
      payload: { ...frame, cmd: 'announce', stamp: 1, syncs: [] },
      returnCode: 22,
    },
    { title: 'no mts', payload: { ...frame, mts: undefined }, returnCode: 30 },
    { title: 'an mts in words', payload: { ...frame, mts: '1000' }, returnCode: 30 },
    { title: 'no message', payload: { ...frame, message: undefined }, returnCode: 30 },
    { title: 'null for a message', payload: { ...frame, message: null }, returnCode: 30 },
    { title: 'an array for a message', payload: { ...frame, message: [] }, returnCode: 30 },
    { title: 'no members', payload: { ...frame, cmd: 'updateSession' }, returnCode: 31 },
    { title: 'members in words', payload: { ...frame, cmd: 'updateSession', members: '2' }, returnCode: 31 },
    { title: 'truncated JSON', payload: JSON.stringify(frame).slice(0, -5), returnCode: 30 },
    {
      title: 'nesting without end',
      payload: JSON.stringify(frame).replace('"hi"', `${'['.repeat(50_000)}${']'.repeat(50_000)}`),
      returnCode: 30,
    },
    { title: 'nesting that can be read', payload: nested(65), returnCode: 30 },
    { title: 'the same, truncated', payload: nested(65).slice(0, -5), returnCode: 30 },
    { title: "another user's topic", topic: `y2w/user/${BOB}`, payload: frame, returnCode: 22 },
    { title: 'the own user topic', topic: `y2w/user/${ALICE}`, payload: frame, returnCode: 22 },
    { title: 'an unknown session type', topic: 'y2w/session/room_100', payload: frame, returnCode: 22 },
    { title: 'a strange id', topic: 'y2w/session/group_1x', payload: frame, returnCode: 22 },
    { title: 'some topic', topic: 'news', payload: frame, returnCode: 22 },
    { title: "the broker's topics", topic: '$SYS/x/new/clients', payload: frame, returnCode: 22 },
    { title: 'not JSON', payload: 'hello' },
    { title: 'nothing', payload: '' },
    { title: 'null', payload: 'null' },
    { title: 'a number', payload: '42' },
    { title: 'a text', payload: '"y2wMessageId"' },
    { title: 'an array', payload: '[{"y2wMessageId":"an-id"}]' },
    { title: 'no id', payload: { ...frame, y2wMessageId: undefined } },
    { title: 'a number for an id', payload: { ...frame, y2wMessageId: 7 } },
    { title: 'an endless id', payload: { ...frame, y2wMessageId: 'x'.repeat(129) } },
    { title: 'an object for an id', payload: { ...frame, y2wMessageId: {} } },
  ]

  test.each(cases)('$title: $returnCode', async ({ topic = GROUP, payload, returnCode }) => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    await alice?.publish(topic, payload)
    // The answer to the next frame tells that there is no further answer to this one.
    expect(await alice?.say(GROUP, MTS - 1)).toEqual({ returnCode: 27, mts: MTS })
    const expected = returnCode === undefined ? [] : [{ y2wMessageId, returnCode }]
    expect(alice?.received.all.slice(1, -1)).toEqual(expected)
    expect(await bob?.notifications()).toEqual([])
  })

  test.each([
    { title: 'nesting of 64 levels', payload: nested(64) },
    { title: 'brackets in texts', payload: nested(10, '"[{\\'.repeat(100)) },
  ])('$title is understood', async ({ payload }) => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    await alice?.publish(GROUP, payload)
    const ack = await alice?.received.first((received) => received.y2wMessageId === y2wMessageId)
    expect(ack).toEqual({ y2wMessageId, returnCode: 20 })
    expect(await bob?.notifications()).toEqual([{ cmd: 'sendMessage', message: JSON.parse(payload).message }])
  })
})

describe('when the members cannot be looked up', () => {
  test('that is said once in the log, and so is that they can be again', async () => {
    const lines: { level: number; msg: string }[] = []
    const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
    const logged = await PushEnv.start({ log })
    const alice = await logged.device(ALICE)
    for (const outage of [1, 2]) {
      logged.memberships.failure = new Error('the API is away')
      for (let i = 0; i < 5; i += 1)
        await alice.publish(GROUP, { cmd: 'sendMessage', y2wMessageId: `${outage}-${i}`, mts: MTS, message })
      await alice.ask('news', {})
      logged.memberships.failure = undefined
      await alice.say(`y2w/session/group_${outage}`, MTS)
    }
    await logged.close()
    expect(lines.map(({ level }) => level)).toEqual([40, 30, 40, 30])
  })

  test('there is no ack, so that the client tries again', async () => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    env.memberships.failure = new Error('the API is away')
    await alice?.publish(GROUP, { cmd: 'sendMessage', y2wMessageId: 'lost', mts: MTS, message })
    expect(await alice?.ask('news', {})).toEqual({ returnCode: 22 })
    expect(alice?.received.all.filter(({ y2wMessageId }) => y2wMessageId === 'lost')).toEqual([])
    env.memberships.failure = undefined
    expect(await alice?.say(GROUP, MTS, message)).toEqual({ returnCode: 20 })
    expect(await bob?.notifications()).toEqual([notification])
  })
})

describe('a frame that waits behind a slow one', () => {
  const late = { cmd: 'sendMessage', y2wMessageId: 'late', mts: MTS, message }

  test.each([
    { title: 'goes to who is a member when its turn comes', members: [ALICE, CAROL, MALLORY], reached: true },
    { title: 'is dropped when its sender is a member no more', members: [CAROL, MALLORY], reached: false },
  ])('$title', async ({ members, reached }) => {
    const [alice, bob, carol, mallory] = await env.devices(ALICE, BOB, CAROL, MALLORY)
    expect(await carol?.say(GROUP, MTS - 1)).toEqual({ returnCode: 27, mts: MTS })
    let open = () => {}
    env.memberships.gate = new Promise((resolve) => {
      open = resolve
    })
    // In one write, so that both are decided or looked up by the time the first is asked for.
    alice?.client.stream.cork()
    const slow = alice?.say('y2w/session/group_404', MTS)
    await alice?.publish(GROUP, late)
    alice?.client.stream.uncork()
    await until(() => env.memberships.asked.includes('404'))
    env.memberships.gate = undefined
    env.memberships.set({ sessionId: '100', mts: MTS + 5 }, ...members)
    await env.push.announce({ topic: GROUP, stamp: MTS + 5, mts: MTS + 5, syncs: [] })
    open()
    await slow
    const ack = await alice?.received.first((received) => received.y2wMessageId === 'late')
    expect(ack).toEqual({ y2wMessageId: 'late', returnCode: 20 })
    expect(await bob?.notifications()).toEqual([])
    for (const device of [carol, mallory]) {
      expect(await device?.notifications()).toEqual(reached ? [notification] : [])
    }
  })
})

describe('order', () => {
  test('frames of one connection are answered as they came, however long each takes', async () => {
    env.memberships.set({ sessionId: '101', mts: MTS }, ALICE, BOB)
    const [bob] = await env.devices(BOB)
    const raw = await env.rawTcp()
    raw.send(connectPacket(ALICE))
    await raw.received.first((frame) => frame.returnCode === 11)
    let open = () => {}
    env.memberships.gate = new Promise((resolve) => {
      open = resolve
    })
    const ids = Array.from({ length: 60 }, (_, i) => `frame-${i}`)
    const topics = [GROUP, 'news', 'y2w/session/group_101', 'y2w/session/group_404']
    raw.send(
      ...ids.map((y2wMessageId, i) => {
        const frame = { cmd: 'sendMessage', y2wMessageId, mts: MTS, message: { syncs: [{ type: i }] } }
        return publishPacket(
          topics[i % 4] as string,
          frame,
          i % 3 > 0 ? { qos: i % 3, messageId: i + 1 } : {},
        )
      }),
    )
    open()
    await raw.received.first((frame) => frame.y2wMessageId === ids.at(-1))
    expect(raw.received.all.slice(1).map(({ y2wMessageId }) => y2wMessageId)).toEqual(ids)
    const types = (await bob?.notifications())?.map((frame) => frame.message.syncs[0].type)
    expect(types).toEqual(ids.map((_, i) => i).filter((i) => i % 2 === 0))
  })

  const timings = [0, 1, 2, 3, 4, 5].flatMap((turns) => [
    { along: [], turns },
    { along: ['a', 'b'], turns },
  ])
  test.each(timings)(
    '$along along with the CONNECT and c $turns turns later follow the accept frame',
    async (timing) => {
      const raw = await env.rawTcp()
      raw.send(
        connectPacket(ALICE),
        ...timing.along.map((y2wMessageId) => publishPacket('news', { y2wMessageId })),
      )
      for (let turn = 0; turn < timing.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      raw.send(publishPacket('news', { y2wMessageId: 'c' }))
      await raw.received.first((frame) => frame.y2wMessageId === 'c')
      const order = raw.received.all.map(({ y2wMessageId, returnCode }) => y2wMessageId ?? returnCode)
      expect(order).toEqual([11, ...timing.along, 'c'])
    },
  )
})

describe('quality of service', () => {
  test.each([0, 1, 2] as const)('frames at QoS %d are relayed and acked once, at QoS 0', async (qos) => {
    const [alice, bob] = await env.devices(ALICE, BOB)
    const qosSeen = new Set<number>()
    bob?.client.on('message', (_topic, _payload, packet) => qosSeen.add(packet.qos))
    expect(await alice?.ask(GROUP, { cmd: 'sendMessage', mts: MTS, message }, qos)).toEqual({
      returnCode: 20,
    })
    expect(await bob?.notifications()).toEqual([notification])
    expect([...qosSeen]).toEqual([0])
  })

  test('QoS 1 is PUBACKed and QoS 2 completed', async () => {
    const [alice] = await env.devices(ALICE)
    // publishAsync resolves with the completed handshake.
    await alice?.publish(GROUP, 'hello', 1)
    await alice?.publish(GROUP, 'hello', 2)
  })

  test('a repeated QoS 2 message is relayed once', async () => {
    const [bob] = await env.devices(BOB)
    const raw = await env.rawTcp()
    raw.send(connectPacket(ALICE))
    await raw.next('connack')
    const frame = { cmd: 'sendMessage', y2wMessageId: 'once', mts: MTS, message }
    const packet = publishPacket(GROUP, frame, { qos: 2, messageId: 5 })
    const again = publishPacket(GROUP, frame, { qos: 2, messageId: 5, dup: true })
    raw.send(packet, again)
    await raw.next('pubrec')
    await raw.next('pubrec')
    expect(await bob?.notifications()).toEqual([notification])
    raw.send({ cmd: 'pubrel', messageId: 5 })
    await raw.next('pubcomp')
    raw.send(packet)
    await raw.next('pubrec')
    expect(await bob?.notifications()).toEqual([notification, notification])
  })

  test('nothing is retained', async () => {
    const [alice] = await env.devices(ALICE)
    const frame = { cmd: 'sendMessage', y2wMessageId: 'r', mts: MTS, message }
    await alice?.client.publishAsync(GROUP, JSON.stringify(frame), { retain: true, qos: 1 })
    await alice?.client.publishAsync(`y2w/user/${BOB}`, JSON.stringify(frame), { retain: true, qos: 1 })
    const [bob] = await env.devices(BOB)
    await bob?.client.subscribeAsync(`y2w/user/${BOB}`)
    expect(await bob?.notifications()).toEqual([])
  })
})
