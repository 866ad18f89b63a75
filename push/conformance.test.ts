import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate, type Packet } from 'mqtt-packet'
import type { WebSocket } from 'ws'
import {
  connectPacket,
  type Device,
  PushEnv,
  publishPacket,
  type RawClient,
  until,
} from '../test/helpers/push-env.js'

// After the ideas of the Eclipse Paho conformance tests for MQTT 3.1.1, as far as we go along: sessions, wills,
// retained messages and foreign subscriptions are accepted or refused as the standard has it, and never kept.

const ALICE = '1'
const BOB = '2'
const GROUP = 'y2w/session/group_100'
const MTS = 1000
const OWN_TOPIC = `y2w/user/${ALICE}`

let env: PushEnv
beforeEach(async () => {
  env = await PushEnv.start()
  env.memberships.set({ sessionId: '100', mts: MTS }, ALICE, BOB)
})
afterEach(() => env.close())

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex')
const turn = () => new Promise((resolve) => setImmediate(resolve))
const subscribe = (messageId: number, ...topics: string[]): Packet => ({
  cmd: 'subscribe',
  messageId,
  subscriptions: topics.map((topic) => ({ topic, qos: 1 })),
})
const frame = (y2wMessageId: string) => ({
  cmd: 'sendMessage',
  y2wMessageId,
  mts: MTS,
  message: { syncs: [{ type: 'test', content: y2wMessageId }] },
})
const notification = (id: string) => {
  const { cmd, message } = frame(id)
  return { cmd, message }
}
const publish = (id: string, extra: object = {}) => publishPacket(GROUP, frame(id), extra)

/** A CONNECT of Alice with some of its bytes replaced, counted from the level that follows `MQTT`. */
function connectWith(changes: { name?: string; level?: number; flags?: number }, extra: object = {}): Buffer {
  const bytes = generate(connectPacket(ALICE, extra))
  const at = bytes.indexOf('MQTT')
  bytes.write(changes.name ?? 'MQTT', at)
  bytes[at + 4] = changes.level ?? (bytes[at + 4] as number)
  bytes[at + 5] = changes.flags ?? (bytes[at + 5] as number)
  return bytes
}

/** Resolves when the connection works: everything sent before has been read by then. */
async function isAlive(raw: RawClient): Promise<void> {
  raw.send({ cmd: 'pingreq' })
  await raw.next('pingresp')
}

async function nextId(raw: RawClient, cmd: Packet['cmd']): Promise<number | undefined> {
  return (await raw.next(cmd)).messageId
}

function acks(raw: RawClient): string[] {
  return raw.received.all.map(({ y2wMessageId }) => y2wMessageId).filter((id) => id !== undefined)
}

async function acked(raw: RawClient, id: string): Promise<number> {
  return (await raw.received.first((received) => received.y2wMessageId === id)).returnCode
}

describe.each(['TCP', 'WebSocket'])('over %s', (transport) => {
  const dial = () => (transport === 'TCP' ? env.rawTcp() : env.rawWs())
  const url = () => (transport === 'TCP' ? env.mqttUrl : env.wsUrl)

  async function connected(userId = ALICE, extra: object = {}): Promise<RawClient> {
    const raw = await dial()
    raw.send(connectPacket(userId, extra))
    expect(await raw.next('connack')).toMatchObject({ returnCode: 0, sessionPresent: false })
    await raw.received.first(({ returnCode }) => returnCode === 11)
    return raw
  }

  /** Cuts the connection without a word. */
  function vanish({ transport }: RawClient): void {
    if ('resetAndDestroy' in transport) (transport as Socket).resetAndDestroy()
    else (transport as WebSocket).terminate()
  }

  describe('CONNECT', () => {
    test.each([true, false])('with clean session %s starts anew each time', async (clean) => {
      const first = await connected(ALICE, { clean, clientId: 'phone' })
      first.send(subscribe(1, OWN_TOPIC), publish('kept', { qos: 2, messageId: 7 }))
      await first.next('suback')
      await first.next('pubrec')
      vanish(first)
      await until(() => env.push.connectionCount === 0)
      const [bob] = await env.devices(BOB)
      expect(await bob?.say(GROUP, MTS, { missed: true })).toEqual({ returnCode: 20 })

      // `connected` expects that no session is present.
      const second = await connected(ALICE, { clean, clientId: 'phone' })
      await isAlive(second)
      expect(second.received.all).toEqual([{ returnCode: 11 }])
      expect(second.packets.map(({ cmd }) => cmd)).toEqual(['publish'])
      // The id of the QoS 2 message is forgotten, too: this is another one.
      second.send(publish('again', { qos: 2, messageId: 7, dup: true }))
      expect(await nextId(second, 'pubrec')).toBe(7)
      expect(await acked(second, 'again')).toBe(20)
      expect(await bob?.notifications()).toEqual([notification('again')])
    })

    test.each([
      { title: 'a clean session', flags: 0b1100_0010 },
      { title: 'a session to keep', flags: 0b1100_0000 },
    ])('without a client id and with $title is accepted', async ({ flags }) => {
      const two = [await dial(), await dial()]
      for (const raw of two) {
        raw.send(connectWith({ flags }, { clientId: '' }))
        expect(await raw.next('connack')).toMatchObject({ returnCode: 0, sessionPresent: false })
      }
      for (const raw of two) await isAlive(raw)
    })

    test('a second one closes the connection', async () => {
      const raw = await connected()
      raw.send(connectPacket(ALICE))
      await raw.closed
    })

    test('a second one closes the connection also right after the first', async () => {
      const raw = await dial()
      raw.send(connectPacket(ALICE), connectPacket(ALICE), publish('late'))
      await raw.closed
      expect(env.memberships.asked).toEqual([])
    })

    test.each<{ title: string; packet: Packet | Buffer }>([
      { title: 'PUBLISH', packet: publish('early') },
      { title: 'SUBSCRIBE', packet: subscribe(1, OWN_TOPIC) },
      { title: 'UNSUBSCRIBE', packet: { cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['a'] } },
      { title: 'PUBREL', packet: { cmd: 'pubrel', messageId: 1 } },
      { title: 'PINGREQ', packet: { cmd: 'pingreq' } },
      { title: 'DISCONNECT', packet: { cmd: 'disconnect' } },
      { title: 'CONNACK', packet: hex('20 02 00 00') },
      { title: 'nothing known', packet: hex('00 00') },
    ])('$title before it closes the connection, and what follows is not taken', async ({ packet }) => {
      const raw = await dial()
      raw.send(packet, connectPacket(ALICE))
      await raw.closed
      expect(raw.packets).toEqual([])
      expect(env.memberships.asked).toEqual([])
    })

    test.each([
      { title: 'another protocol name', changes: { name: 'MQTX' } },
      { title: 'the protocol name in small letters', changes: { name: 'mqtt' } },
      { title: 'level 0', changes: { level: 0 } },
      { title: 'level 6', changes: { level: 6 } },
      { title: 'level 255', changes: { level: 255 } },
      { title: 'the reserved flag', changes: { flags: 0b1100_0011 } },
      { title: 'a QoS but no will', changes: { flags: 0b1100_1010 } },
      { title: 'a retained nothing for a will', changes: { flags: 0b1110_0010 } },
      { title: 'a will that does not follow', changes: { flags: 0b1100_0110 } },
    ])('with $title is not accepted', async ({ changes }) => {
      const raw = await dial()
      raw.send(connectWith(changes), publish('late'))
      await raw.closed
      expect(raw.packets).toEqual([])
      expect(env.memberships.asked).toEqual([])
    })

    test.each([
      { title: 'neither user name nor password', flags: 0b0000_0010, code: 4 },
      { title: 'a password only', flags: 0b0100_0010, code: 4 },
      { title: 'a user name only', flags: 0b1000_0010, code: 5 },
      { title: 'both', flags: 0b1100_0010, code: 0 },
    ])('whose flags name $title gets code $code', async ({ flags, code }) => {
      const raw = await dial()
      raw.send(connectWith({ flags }))
      expect(await raw.next('connack')).toMatchObject({ returnCode: code, sessionPresent: false })
      await (code === 0 ? isAlive(raw) : raw.closed)
    })

    test('many packets may come along with it', async () => {
      const raw = await dial()
      const ids = Array.from({ length: 100 }, (_, i) => `early-${i}`)
      raw.send(connectPacket(ALICE), ...ids.map((id) => publish(id)), { cmd: 'pingreq' })
      expect(await raw.next('connack')).toMatchObject({ returnCode: 0 })
      await raw.next('pingresp')
      await acked(raw, 'early-99')
      expect(acks(raw)).toEqual(ids)
    })
  })

  describe('a will', () => {
    const will = { topic: GROUP, payload: JSON.stringify(frame('will')) }

    test.each([
      { title: 'a DISCONNECT', leave: (raw: RawClient) => raw.send({ cmd: 'disconnect' }) },
      { title: 'no word', leave: vanish },
      { title: 'a broken packet', leave: (raw: RawClient) => raw.send(hex('ff ff ff ff ff')) },
    ])('is not sent upon leaving with $title', async ({ leave }) => {
      const [bob] = await env.devices(BOB)
      for (const qos of [0, 1, 2]) {
        const raw = await connected(ALICE, { clean: qos > 0, will: { ...will, qos, retain: qos !== 1 } })
        leave(raw)
        await until(() => env.push.connectionCount === 1)
      }
      const late = await connected(BOB)
      late.send(subscribe(1, `y2w/user/${BOB}`))
      await late.next('suback')
      await isAlive(late)
      expect(await bob?.notifications()).toEqual([])
      expect(late.received.all.filter(({ cmd, stamp }) => cmd && !stamp)).toEqual([])
      expect(env.memberships.asked).toEqual([])
    })
  })

  test('retained messages are delivered once as any other, and never replayed', async () => {
    const online = await connected(BOB)
    const raw = await connected()
    for (const qos of [0, 1, 2]) {
      raw.send(publish(`r${qos}`, { retain: true, qos, messageId: qos }))
      raw.send(publishPacket(`y2w/user/${BOB}`, frame(`u${qos}`), { retain: true, qos, messageId: 10 + qos }))
    }
    await acked(raw, 'u2')
    await online.received.first(({ message }) => message?.syncs[0].content === 'r2')
    const packets = online.packets.filter(({ cmd }) => cmd === 'publish')
    expect(packets).toMatchObject(packets.map(() => ({ qos: 0, retain: false, dup: false })))
    expect(online.received.all.slice(1)).toEqual(['r0', 'r1', 'r2'].map(notification))

    const late = await connected(BOB)
    late.send(subscribe(1, `y2w/user/${BOB}`, GROUP, '#'))
    expect(await late.next('suback')).toMatchObject({ granted: [0, 128, 128] })
    await isAlive(late)
    expect(late.received.all).toEqual([{ returnCode: 11 }])
  })

  describe('keepalive', () => {
    test('closes who is silent for one and a half times as long, not who says anything', async () => {
      const [bob] = await env.devices(BOB)
      const since = Date.now()
      const silent = await connected(ALICE, { keepalive: 1 })
      const pinging = await connected(ALICE, { keepalive: 1 })
      const speaking = await connected(ALICE, { keepalive: 1 })
      const patient = await connected(ALICE, { keepalive: 0 })
      let isOver = false
      const silence = silent.closed.then(() => {
        isOver = true
        return Date.now() - since
      })
      const watched = [pinging, speaking, patient].map(({ closed }) => closed.then(() => 'closed'))
      for (let beat = 0; beat < 6 || !isOver; beat += 1) {
        // What the server sends does not count.
        await bob?.say(GROUP, MTS, { beat })
        pinging.send({ cmd: 'pingreq' })
        speaking.send(publish(`beat-${beat}`))
        await sleep(400)
      }
      expect(await silence).toBeGreaterThanOrEqual(1400)
      expect(await Promise.race([...watched, turn().then(() => 'open')])).toBe('open')
      for (const raw of [pinging, speaking, patient]) await isAlive(raw)
    })
  })

  test('every PINGREQ gets its PINGRESP', async () => {
    const raw = await connected()
    raw.send(...Array.from({ length: 50 }, (): Packet => ({ cmd: 'pingreq' })))
    for (let i = 0; i < 50; i += 1) await raw.next('pingresp')
    await isAlive(raw)
    expect(raw.packets.filter(({ cmd }) => cmd === 'pingresp')).toEqual([])
  })

  describe('PUBLISH', () => {
    let bob: Device
    beforeEach(async () => {
      ;[bob] = (await env.devices(BOB)) as [Device]
    })

    test('at QoS 0 gets no packet in answer', async () => {
      const raw = await connected()
      raw.send(publish('a'), publish('b', { dup: true }))
      expect(await acked(raw, 'b')).toBe(20)
      await isAlive(raw)
      expect(raw.packets.map(({ cmd }) => cmd)).toEqual(['publish', 'publish', 'publish'])
      expect(await bob.notifications()).toEqual(['a', 'b'].map(notification))
    })

    test('at QoS 1 gets its PUBACK, and a repetition counts as another', async () => {
      const raw = await connected()
      raw.send(publish('a', { qos: 1, messageId: 1 }), publish('b', { qos: 1, messageId: 65535 }))
      raw.send(publish('b', { qos: 1, messageId: 65535, dup: true }))
      expect([await nextId(raw, 'puback'), await nextId(raw, 'puback')]).toEqual([1, 65535])
      expect(await nextId(raw, 'puback')).toBe(65535)
      await isAlive(raw)
      await until(() => acks(raw).length === 3)
      expect(await bob.notifications()).toEqual(['a', 'b', 'b'].map(notification))
    })

    test('at QoS 2 is taken once until it is released, also many at a time', async () => {
      const raw = await connected()
      const ids = [3, 65535, 1, 2]
      for (const dup of [false, true, true]) {
        raw.send(...ids.map((messageId) => publish(`m${messageId}`, { qos: 2, messageId, dup })))
        for (const messageId of ids) expect(await nextId(raw, 'pubrec')).toBe(messageId)
      }
      for (const messageId of ids.toReversed()) {
        raw.send({ cmd: 'pubrel', messageId })
        expect(await nextId(raw, 'pubcomp')).toBe(messageId)
      }
      expect(await bob.notifications()).toEqual(ids.map((id) => notification(`m${id}`)))
      expect(acks(raw)).toEqual(ids.map((id) => `m${id}`))

      // PUBREL may be repeated, and the id is free again.
      raw.send({ cmd: 'pubrel', messageId: 1 })
      expect(await nextId(raw, 'pubcomp')).toBe(1)
      raw.send(publish('new', { qos: 2, messageId: 1 }))
      expect(await nextId(raw, 'pubrec')).toBe(1)
      expect((await bob.notifications()).at(-1)).toEqual(notification('new'))
    })

    test('more QoS 2 messages than may be unreleased pass when each is released', async () => {
      const raw = await connected()
      for (let i = 0; i < 1100; i += 1) {
        raw.send(publishPacket('news', `{"y2wMessageId":"${i}"}`, { qos: 2, messageId: i + 1 }))
        await nextId(raw, 'pubrec')
        raw.send({ cmd: 'pubrel', messageId: i + 1 })
        await nextId(raw, 'pubcomp')
      }
      await isAlive(raw)
      expect(acks(raw)).toHaveLength(1100)
    })

    test('a PUBREL of an unknown id is completed', async () => {
      const raw = await connected()
      raw.send({ cmd: 'pubrel', messageId: 4711 })
      expect(await nextId(raw, 'pubcomp')).toBe(4711)
      await isAlive(raw)
    })

    test('acknowledgements of what was never sent do no harm', async () => {
      const raw = await connected()
      raw.send(
        { cmd: 'puback', messageId: 5 },
        { cmd: 'pubcomp', messageId: 5 },
        { cmd: 'pubrec', messageId: 5 },
      )
      expect(await nextId(raw, 'pubrel')).toBe(5)
      await isAlive(raw)
    })

    test.each([
      { title: 'QoS 3', bytes: hex('36 05 00 01 61 00 01') },
      { title: 'QoS 1 without an id', bytes: hex('32 03 00 01 61') },
      { title: 'QoS 2 without an id', bytes: hex('34 03 00 01 61') },
      { title: 'a topic longer than the packet', bytes: hex('30 05 00 09 61 61 61') },
      { title: 'no topic', bytes: hex('30 00') },
      { title: 'an empty topic', bytes: hex('30 04 00 00 7b 7d') },
      { title: 'the topic #', bytes: generate(publishPacket('#', frame('x'))) },
      { title: '# in its topic', bytes: generate(publishPacket('y2w/session/#', frame('x'))) },
      { title: '+ in its topic', bytes: generate(publishPacket('y2w/+/group_100', frame('x'))) },
      { title: 'a topic of 200 levels', bytes: generate(publishPacket('a/'.repeat(200), frame('x'))) },
      { title: 'a PUBREL without an id', bytes: hex('62 00') },
      { title: 'a PUBREL with other flags', bytes: hex('60 02 00 01') },
    ])('$title closes the connection', async ({ bytes }) => {
      const raw = await connected()
      raw.send(bytes)
      await raw.closed
      expect(acks(raw)).toEqual([])
      expect(await bob.notifications()).toEqual([])
    })

    test.each([
      { title: 'of 65535 bytes', topic: 'a'.repeat(65_535) },
      { title: 'of 100 levels', topic: `${'a/'.repeat(99)}a` },
      { title: 'with a NUL', topic: `${GROUP}\0` },
      { title: 'with a NUL before the id', topic: 'y2w/session/group_\x080' },
      { title: 'with a slash before it', topic: `/${GROUP}` },
      { title: 'with a slash after it', topic: `${GROUP}/` },
      { title: 'with a newline after it', topic: `${GROUP}\n` },
      { title: 'in capitals', topic: GROUP.toUpperCase() },
      { title: 'of the broker itself', topic: '$SYS/broker/new/clients' },
      { title: 'of another user', topic: `y2w/user/${BOB}` },
    ])("a topic $title is nobody's", async ({ topic }) => {
      const raw = await connected()
      raw.send(publishPacket(topic, frame('x')))
      expect(await acked(raw, 'x')).toBe(22)
      await isAlive(raw)
      expect(await bob.notifications()).toEqual([])
      expect(env.memberships.asked).toEqual([])
    })

    test('without a payload is taken', async () => {
      const raw = await connected()
      raw.send(publishPacket(GROUP, ''), publishPacket(GROUP, '', { qos: 1, messageId: 1 }))
      expect(await nextId(raw, 'puback')).toBe(1)
      expect(await bob.notifications()).toEqual([])
    })
  })

  describe('SUBSCRIBE', () => {
    test.each([0, 1, 2] as const)('to the own topic at QoS %d is granted at 0', async (qos) => {
      const [bob] = await env.devices(BOB)
      const raw = await connected()
      for (const messageId of [1, 65535]) {
        raw.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: OWN_TOPIC, qos }] })
        expect(await raw.next('suback')).toMatchObject({ messageId, granted: [0] })
      }
      await bob?.say(GROUP, MTS, frame('n').message)
      await raw.received.first(({ cmd }) => cmd === 'sendMessage')
      await isAlive(raw)
      expect(raw.received.all).toEqual([{ returnCode: 11 }, notification('n')])
      expect(raw.packets.at(-1)).toMatchObject({ cmd: 'publish', topic: OWN_TOPIC, qos: 0, retain: false })
    })

    const refused = [
      '#',
      '+',
      '/#',
      '+/+/+',
      'y2w/#',
      'y2w/user/#',
      'y2w/user/+',
      '+/user/1',
      '$SYS/#',
      '$SYS/+/new/clients',
      '$share/group/y2w/user/1',
      `y2w/user/${BOB}`,
      `${OWN_TOPIC}/`,
      `${OWN_TOPIC}\0`,
      `/${OWN_TOPIC}`,
      'Y2W/user/1',
      'y2w/user/01',
      'y2w/session/#',
      GROUP,
      '__proto__',
      'constructor',
      'a#',
      'a'.repeat(65_535),
    ]

    test('to anything else is refused, and the connection stays', async () => {
      const [bob] = await env.devices(BOB)
      const raw = await connected('3')
      for (const [messageId, topic] of refused.entries()) {
        raw.send(subscribe(messageId + 1, topic))
        expect(await raw.next('suback')).toMatchObject({ messageId: messageId + 1, granted: [128] })
      }
      expect(await bob?.say(GROUP, MTS, frame('n').message)).toEqual({ returnCode: 20 })
      await isAlive(raw)
      expect(raw.received.all).toEqual([{ returnCode: 11 }])
    })

    test('grants and refuses one by one', async () => {
      const [bob] = await env.devices(BOB)
      const raw = await connected()
      const mixed = [...refused.slice(0, 5), OWN_TOPIC, ...refused.slice(5)]
      raw.send(subscribe(2, ...mixed))
      const granted = mixed.map((topic) => (topic === OWN_TOPIC ? 0 : 128))
      expect(await raw.next('suback')).toMatchObject({ messageId: 2, granted })
      await bob?.say(GROUP, MTS, frame('n').message)
      await raw.received.first(({ cmd }) => cmd === 'sendMessage')
      await isAlive(raw)
      expect(raw.received.all).toEqual([{ returnCode: 11 }, notification('n')])
    })

    test('UNSUBSCRIBE is confirmed, and the server goes on telling', async () => {
      const [bob] = await env.devices(BOB)
      const raw = await connected()
      const unsubscribe = (messageId: number, ...unsubscriptions: string[]) =>
        raw.send({ cmd: 'unsubscribe', messageId, unsubscriptions })
      unsubscribe(1, OWN_TOPIC)
      expect(await nextId(raw, 'unsuback')).toBe(1)
      raw.send(subscribe(2, OWN_TOPIC))
      await raw.next('suback')
      unsubscribe(3, 'never', OWN_TOPIC, '#', '__proto__', OWN_TOPIC)
      expect(await nextId(raw, 'unsuback')).toBe(3)
      await bob?.say(GROUP, MTS, frame('n').message)
      await raw.received.first(({ cmd }) => cmd === 'sendMessage')
      await isAlive(raw)
      expect(raw.received.all).toEqual([{ returnCode: 11 }, notification('n')])
    })

    test.each([
      { title: 'an empty SUBSCRIBE', bytes: hex('82 02 00 05') },
      { title: 'a SUBSCRIBE without even an id', bytes: hex('82 00') },
      { title: 'an UNSUBSCRIBE without even an id', bytes: hex('a2 00') },
      { title: 'SUBSCRIBE with other flags', bytes: hex('80 06 00 05 00 01 61 00') },
      { title: 'UNSUBSCRIBE with other flags', bytes: hex('a0 05 00 05 00 01 61') },
      { title: 'a subscription without QoS', bytes: hex('82 05 00 05 00 01 61') },
      { title: 'a subscription at QoS 3', bytes: hex('82 06 00 05 00 01 61 03') },
      { title: 'a subscription with reserved bits', bytes: hex('82 06 00 05 00 01 61 80') },
      { title: 'an empty filter', bytes: hex('82 05 00 05 00 00 00') },
      { title: 'a filter that goes on after #', bytes: generate(subscribe(1, 'y2w/#/1')) },
      { title: 'a filter of 200 levels', bytes: generate(subscribe(1, 'a/'.repeat(200))) },
    ])('$title closes the connection', async ({ bytes }) => {
      const raw = await connected()
      raw.send(bytes)
      await raw.closed
    })

    test('an empty UNSUBSCRIBE takes nothing away', async () => {
      const raw = await connected()
      raw.send(hex('a2 02 00 05'))
      expect(await nextId(raw, 'unsuback')).toBe(5)
      await isAlive(raw)
    })
  })

  describe('bytes', () => {
    const script = (round: number) =>
      Buffer.concat(
        [
          subscribe(7, OWN_TOPIC, '#'),
          publishPacket('news', { y2wMessageId: `r${round}` }, { qos: 1, messageId: 8 }),
          { cmd: 'pubrel', messageId: 9 } as const,
          { cmd: 'pingreq' } as const,
        ].map((packet) => generate(packet)),
      )

    async function answered(raw: RawClient, round: number): Promise<void> {
      expect(await raw.next('suback')).toMatchObject({ messageId: 7, granted: [0, 128] })
      expect(await nextId(raw, 'puback')).toBe(8)
      expect(await nextId(raw, 'pubcomp')).toBe(9)
      await raw.next('pingresp')
      expect(await acked(raw, `r${round}`)).toBe(22)
    }

    test('one by one make packets', async () => {
      const raw = await dial()
      for (const byte of Buffer.concat([generate(connectPacket(ALICE)), script(0)])) {
        raw.send(Buffer.from([byte]))
        await turn()
      }
      await raw.next('connack')
      await answered(raw, 0)
    })

    test('cut at any place make packets', async () => {
      const raw = await connected()
      for (let at = 1; at < script(at).length; at += 1) {
        raw.send(script(at).subarray(0, at))
        await turn()
        raw.send(script(at).subarray(at))
        await answered(raw, at)
      }
    })

    test('of many packets may come in one chunk', async () => {
      const raw = await connected()
      const count = 300
      raw.send(Buffer.concat(Array.from({ length: count }, (_, i) => script(i))))
      for (let i = 0; i < count; i += 1) await answered(raw, i)
      expect(acks(raw)).toEqual(Array.from({ length: count }, (_, i) => `r${i}`))
    })
  })

  describe('DISCONNECT', () => {
    test('closes, and what was published just before still arrives', async () => {
      const [bob] = await env.devices(BOB)
      const raw = await connected()
      raw.send(publish('last'), { cmd: 'disconnect' })
      await raw.closed
      const hasty = await dial()
      hasty.send(connectPacket(ALICE), publish('only'), { cmd: 'disconnect' })
      await hasty.closed
      await bob?.received.first(({ message }) => message?.syncs[0].content === 'only')
      expect(await bob?.notifications()).toEqual(['last', 'only'].map(notification))
    })

    test.each<{ title: string; end: Packet | Buffer }>([
      { title: 'it', end: { cmd: 'disconnect' } },
      { title: 'a packet that only servers send', end: hex('20 02 00 00') },
    ])('what follows $title is not taken', async ({ end }) => {
      const [bob] = await env.devices(BOB)
      const raw = await connected()
      raw.send(
        publish('before'),
        end,
        publish('after'),
        publish('after', { qos: 2, messageId: 1 }),
        hex('ff ff'),
      )
      await raw.closed
      const hasty = await dial()
      hasty.send(connectPacket(ALICE), end, publish('after'))
      await hasty.closed
      const other = await connected()
      other.send(publish('other'))
      await acked(other, 'other')
      expect(await bob?.notifications()).toEqual(['before', 'other'].map(notification))
    })
  })

  test.each([true, false])(
    'a standard client that subscribes at QoS 1 reconnects by itself, clean session %s',
    async (clean) => {
      const [alice] = await env.devices(ALICE)
      const bob = await env.device(BOB, { url: url(), clientId: 'phone', clean, reconnectPeriod: 20 })
      const accepts = () => bob.received.all.filter(({ returnCode }) => returnCode === 11).length
      expect(await bob.client.subscribeAsync(`y2w/user/${BOB}`, { qos: 1 })).toMatchObject([{ qos: 0 }])
      await alice?.say(GROUP, MTS, frame('a').message)
      await bob.received.first(({ message }) => message?.syncs[0].content === 'a')

      // Cut by the server: another connection of the same client takes the place, for a moment.
      const rival = await connected(BOB, { clientId: 'phone' })
      await rival.closed
      await until(() => accepts() === 2)
      await alice?.say(GROUP, MTS, frame('b').message)

      // Cut by the network, while something is to be sent.
      bob.client.stream.destroy()
      await bob.publish(GROUP, frame('from-bob'), 1)
      await until(() => accepts() === 3)
      await bob.received.first(({ y2wMessageId }) => y2wMessageId === 'from-bob')
      await alice?.say(GROUP, MTS, frame('c').message)
      await bob.client.subscribeAsync(`y2w/user/${BOB}`, { qos: 2 })
      expect(await bob.notifications()).toEqual(['a', 'b', 'c'].map(notification))
      expect(await alice?.notifications()).toEqual([notification('from-bob')])
    },
  )
})
