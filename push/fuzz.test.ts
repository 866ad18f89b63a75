import { randomInt } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate, type Packet, parser } from 'mqtt-packet'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import {
  connectPacket,
  type Device,
  imToken,
  PushEnv,
  publishPacket,
  until,
} from '../test/helpers/push-env.js'
import { readPushConfig } from './config.js'

// What comes in is broken in all the ways that a seed brings about. The seed is in the names of the tests:
// FUZZ_SEED=… repeats them, FUZZ_ROUNDS=… makes them longer. jest fails a test upon uncaught errors and rejections.
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 1)
/** Inputs at a time; fewer than one user may have connections. */
const BATCH = 25
/** Memory held may grow so much for every input; a connection that stays behind holds 10 to 30 KB. */
const MAX_GROWTH_BYTES = 4000
/** Whatever else may come and go in this process. */
const NOISE_BYTES = 1_000_000

const [ALICE, BOB, MALLORY, CRONY] = ['1', '2', '66', '67'] as const
const GROUP = 'y2w/session/group_100'
const OWN_GROUP = 'y2w/session/group_660'
const MTS = 1000
const SECRET = 'what-only-the-members-read'

/** Numbers that a seed determines (mulberry32). */
class Random {
  constructor(private state: number) {}

  /** From 0 up to, but not including, `end`. */
  int(end: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) % end
  }

  chance(percent: number): boolean {
    return this.int(100) < percent
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)] as T
  }

  bytes(maxLength: number): Buffer {
    return Buffer.from(Array.from({ length: 1 + this.int(maxLength) }, () => this.int(256)))
  }
}

function spliced(bytes: Buffer, at: number, removed: number, added: Buffer | number[] = []): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(added), bytes.subarray(at + removed)])
}

/** Changes a few things in `bytes`; `other` is material to put in. */
function mutate(random: Random, bytes: Buffer, other: () => Buffer): Buffer {
  let result = bytes
  for (let left = 1 + random.int(4); left > 0; left -= 1) {
    // Most fields are at the beginning.
    const at = random.int(Math.min(random.chance(60) ? 20 : Number.POSITIVE_INFINITY, result.length + 1))
    const changes = [
      () => spliced(result, at, 1, [(result[at] ?? 0) ^ (1 << random.int(8))]),
      () => spliced(result, at, 1, [random.pick([0, 1, 0x22, 0x5c, 0x7f, 0x80, 0xc0, 0xff])]),
      () =>
        spliced(
          result,
          at,
          2,
          random.pick([
            [0, 0],
            [0xff, 0xff],
            [0x7f, 0xff],
            [0, 1],
          ]),
        ),
      () => spliced(result, at, 0, random.bytes(12)),
      () => spliced(result, at, 1 + random.int(12)),
      () => spliced(result, at, 0, result.subarray(at, at + random.int(60))),
      () => spliced(result, at, random.int(30), other()),
      () => result.subarray(0, at),
      // The remaining length of a packet: wrong, long-winded, endless.
      () => spliced(result, 1, 1, random.pick([[0], [1], [0x7f], [0x80], [0x80, 0], [0xff, 0xff, 3]])),
      () => spliced(result, 1, 0, Buffer.alloc(1 + random.int(5), 0xff)),
    ]
    result = random.pick(changes)()
  }
  return result
}

const frame = (id: string, extra: object = {}) => ({
  cmd: 'sendMessage',
  y2wMessageId: id,
  mts: MTS,
  message: { syncs: [{ type: 'test', content: SECRET }] },
  ...extra,
})

/** A packet of Mallory, in order. */
function validPacket(random: Random): Buffer {
  const messageId = 1 + random.int(5)
  const topic = random.pick([OWN_GROUP, GROUP, 'y2w/user/1', 'y2w/session/y2wIMApp_1', '$SYS/a', 'news'])
  const packets: (() => Packet)[] = [
    () => validConnect(random),
    () => publishPacket(topic, frame('a')),
    () => publishPacket(topic, frame('b'), { qos: 1, messageId, dup: random.chance(50) }),
    () => publishPacket(topic, frame('c'), { qos: 2, messageId, retain: random.chance(50) }),
    () => ({ cmd: 'pubrel', messageId }),
    () => ({ cmd: random.pick(['puback', 'pubrec', 'pubcomp'] as const), messageId }),
    () => ({
      cmd: 'subscribe',
      messageId,
      subscriptions: ['y2w/user/66', '#', 'y2w/user/1', '$SYS/#', 'a/+/b'].map((filter) => ({
        topic: filter,
        qos: random.pick([0, 1, 2] as const),
      })),
    }),
    () => ({ cmd: 'unsubscribe', messageId, unsubscriptions: ['y2w/user/66', '#'] }),
    () => ({ cmd: random.pick(['pingreq', 'pingresp', 'disconnect'] as const) }),
    () => ({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
    () => ({ cmd: 'suback', messageId, granted: [0, 128] }),
  ]
  return generate(random.pick(packets)())
}

function validConnect(random: Random): Packet {
  const will = { topic: GROUP, payload: Buffer.from(JSON.stringify(frame('will'))), qos: 1, retain: true }
  return connectPacket(MALLORY, {
    clientId: random.pick(['same', `00${'g'.repeat(36)}`, `${random.int(1e9)}`, '__proto__']),
    clean: random.chance(50),
    keepalive: random.pick([0, 1, 300, 65_535]),
    ...(random.chance(30) && { will }),
    ...random.pick([
      {},
      {},
      { protocolId: 'MQIsdp', protocolVersion: 3 },
      { protocolVersion: 5, properties: { sessionExpiryInterval: 9, userProperties: { a: 'b' } } },
      { bridgeMode: true },
    ]),
  })
}

/** JSON text as no honest client would write it, in place of any value. A few of them still fit into a packet. */
const ODD_JSON = [
  'null',
  'true',
  '-0',
  '1e999',
  '-1e308',
  '0.1',
  '9007199254740993',
  '9'.repeat(500),
  '""',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  `"${'x'.repeat(20_000)}"`,
  '[]',
  '{}',
  `${'['.repeat(60)}${']'.repeat(60)}`,
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  '{"__proto__":{"polluted":1}}',
  '{"__proto__":null}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"constructor":1,"hasOwnProperty":2,"toString":3}',
  '{"toJSON":1,"syncs":{"length":1e9}}',
  '{"syncs":[null,[],1,{"type":{}},{"__proto__":{"type":0}}]}',
  '{"syncs":[{"type":0},{"type":1,"sessionId":{}}],"pns":null}',
  '{"returnCode":10,"cmd":"kick"}',
  '[{"uid":"1","isDel":true},null,{"uid":{}}]',
  '"sendMessage"',
  '"updateSession"',
  '"announce"',
]

/** A frame as text, a few of its values replaced, keys repeated and bytes changed. */
function brokenFrame(random: Random, id: string): Buffer {
  const fields: [string, string][] = Object.entries(
    frame(id, {
      mts: random.pick([MTS, MTS, MTS, MTS - 1, MTS + 1]),
      ...(random.chance(50) && { cmd: 'updateSession', members: [{ uid: '1' }], force: random.chance(50) }),
    }),
  ).map(([key, value]) => [key, JSON.stringify(value)])
  for (let left = 1 + random.int(3); left > 0; left -= 1) {
    const key = random.pick([
      ...['cmd', 'y2wMessageId', 'mts', 'message', 'members', 'force'],
      ...['__proto__', 'constructor', 'toJSON', 'stamp', 'topic', 'syncs', 'to', 'returnCode', 'length'],
    ])
    const at = random.int(fields.length + 1)
    const isReplaced = fields[at]?.[0] === key || random.chance(30)
    fields.splice(at, isReplaced ? 1 : 0, [key, random.pick(ODD_JSON)])
  }
  const text = `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
  const bytes = Buffer.from(random.chance(10) ? `[${text}]` : text)
  return random.chance(40) ? mutate(random, bytes, () => Buffer.from(random.pick(ODD_JSON))) : bytes
}

let env: PushEnv
let alice: Device
let bob: Device
let crony: Device
/** What went wrong so far, in words. */
let wrongs: string[]

beforeEach(async () => {
  wrongs = []
  const secrets = [SECRET, ...[ALICE, BOB, MALLORY].map((user) => imToken(user).slice(0, 60))]
  const write = (line: string) => {
    if (JSON.parse(line).level >= 50) wrongs.push(`an error in the log: ${line}`)
    if (secrets.some((secret) => line.includes(secret))) wrongs.push(`a secret in the log: ${line}`)
  }
  const { memberships } = readPushConfig({})
  env = await PushEnv.start({
    log: pino({ level: 'trace' }, { write }),
    config: { memberships: { ...memberships, absentForMs: 1, refreshIntervalMs: 1 } },
  })
  env.memberships.set({ sessionId: '100', mts: MTS }, ALICE, BOB)
  env.memberships.set({ sessionId: '660', mts: MTS }, MALLORY, CRONY)
  ;[alice, bob, crony] = (await env.devices(ALICE, BOB, CRONY)) as [Device, Device, Device]
})
afterEach(() => env.close())

/** One connection of Mallory. */
interface Line {
  send(bytes: Buffer): void
  /** Ends it, in order or abruptly. */
  end(isAbrupt: boolean): void
  closed: Promise<unknown>
  /** Return codes by the ids of the frames they answer. */
  acks: Map<string, number[]>
}

/** Reads what the server sends to Mallory, and notes what it should not. */
function reader(): { take(data: Buffer): void; acks: Line['acks'] } {
  const acks: Line['acks'] = new Map()
  const mqtt = parser()
  mqtt.on('error', (error) => wrongs.push(`the server sent no MQTT: ${error.message}`))
  mqtt.on('packet', (packet) => {
    if (packet.cmd !== 'publish') return
    const received = JSON.parse(packet.payload.toString())
    const isPlain = packet.topic === `y2w/user/${MALLORY}` && packet.qos === 0 && !packet.retain
    if (!isPlain || !isHonest(received)) wrongs.push(`Mallory got ${packet.topic} ${packet.payload}`)
    const { y2wMessageId: id, returnCode } = received
    if (id !== undefined) acks.set(id, [...(acks.get(id) ?? []), returnCode])
  })
  return { take: (data) => mqtt.parse(data), acks }
}

/** What may reach Mallory and his crony: the server's own answers, and messages with nothing added. */
function isHonest(received: Record<string, unknown>): boolean {
  const { cmd, message, y2wMessageId, returnCode, mts, ...more } = received
  if (Object.keys(more).length > 0) return false
  const isAbsent = [message, y2wMessageId, returnCode, mts].map((field) => field === undefined)
  if (cmd !== undefined) return cmd === 'sendMessage' && `${isAbsent}` === 'false,true,true,true'
  if (returnCode === 11) return `${isAbsent}` === 'true,true,false,true'
  const isMtsTold = returnCode === 27 || returnCode === 28
  const isKnown = isMtsTold || [20, 22, 30, 31].includes(returnCode as number)
  return (
    isKnown && message === undefined && y2wMessageId !== undefined && mts === (isMtsTold ? MTS : undefined)
  )
}

async function tcp(port = env.push.ports.mqtt, isMqtt = true): Promise<Line> {
  const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
  const { take, acks } = reader()
  socket.on('data', (data) => isMqtt && take(data))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
  const end = (isAbrupt: boolean) => (isAbrupt ? socket.resetAndDestroy() : socket.end())
  return { send: (bytes) => socket.write(bytes), end, closed, acks }
}

async function ws(subprotocols: string[] = ['mqttv3.1'], isBinary = true): Promise<Line> {
  const socket = new WebSocket(env.wsUrl, subprotocols)
  const { take, acks } = reader()
  socket.on('message', (data: Buffer) => take(data))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed])
  return {
    send(bytes) {
      if (socket.readyState === WebSocket.OPEN) socket.send(isBinary ? bytes : bytes.toString())
    },
    end: (isAbrupt) => (isAbrupt ? socket.terminate() : socket.close()),
    closed,
    acks,
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Sends in one piece or several, ends the connection, and waits until it has. */
async function sendCut(random: Random, line: Line, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const step = random.chance(50) ? rest.length : 1 + random.int(rest.length)
    line.send(rest.subarray(0, step))
    rest = rest.subarray(step)
    if (random.chance(50)) await turn()
  }
  line.end(random.chance(20))
  const timeout = new AbortController()
  const stuck = sleep(15_000, 'stuck', { signal: timeout.signal }).catch(() => {})
  expect(await Promise.race([line.closed, stuck])).not.toBe('stuck')
  timeout.abort()
}

async function sendBroken(random: Random, line: Line, isConnected: boolean): Promise<void> {
  if (isConnected) {
    line.send(generate(validConnect(random)))
    // With or without waiting for the answer.
    for (let turns = random.int(30); turns > 0; turns -= 1) await turn()
  }
  const packets = Array.from({ length: 1 + random.int(5) }, () => validPacket(random))
  if (!isConnected && random.chance(70)) packets[0] = generate(validConnect(random))
  const at = random.int(packets.length)
  packets[at] = mutate(random, packets[at] as Buffer, () => validPacket(random))
  await sendCut(random, line, Buffer.concat(packets))
}

/** A WebSocket client written out, with something broken: in its upgrade, or in a frame with a packet. */
async function breakWebSocket(random: Random): Promise<void> {
  const upgrade =
    'GET /mqtt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
    'Sec-WebSocket-Protocol: mqtt\r\n\r\n'
  const packets = [generate(validConnect(random)), validPacket(random), validPacket(random)]
  const frames = packets.map((packet) =>
    Buffer.concat([Buffer.from([0x82, 0xfe, packet.length >> 8, packet.length & 0xff, 0, 0, 0, 0]), packet]),
  )
  const parts: Buffer[] = [Buffer.from(upgrade), ...frames]
  const at = random.int(parts.length)
  parts[at] = mutate(random, parts[at] as Buffer, () => validPacket(random))
  await sendCut(random, await tcp(env.push.ports.ws, false), Buffer.concat(parts))
}

const resources = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length

setFlagsFromString('--expose_gc')
const collectGarbage: () => void = runInNewContext('gc')
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    await sleep(20)
    collectGarbage()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/**
 * Runs `attack` for each index below `count`, many at a time, while Alice and Bob talk. Then nothing must have
 * happened to them, and nothing must be left.
 */
async function withoutHarm(
  count: number,
  attack: (random: Random, index: number) => Promise<void>,
): Promise<void> {
  const before = { connections: env.push.connectionCount, sockets: resources('TCPSocketWrap') }
  const timersBefore = resources('Timeout')
  const isOver = () =>
    env.push.connectionCount === before.connections &&
    resources('TCPSocketWrap') === before.sockets &&
    resources('Timeout') <= timersBefore + 5
  let bytesHalfWay: number | undefined
  let said = 0

  for (let first = 0; first < count; first += BATCH) {
    const attacks = Array.from({ length: Math.min(BATCH, count - first) }, async (_, i) => {
      try {
        await attack(new Random(SEED + (first + i) * 7919), first + i)
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED}, input ${first + i}`, { cause: error })
      }
    })
    const speaker = said % 2 === 0 ? alice : bob
    const [ack] = await Promise.all([speaker.say(GROUP, MTS, { said }), ...attacks])
    expect(ack).toEqual({ returnCode: 20 })
    expect(wrongs).toEqual([])
    said += 1
    if (bytesHalfWay === undefined && first + BATCH >= count / 2) {
      await until(isOver)
      bytesHalfWay = await heldBytes()
    }
  }
  await until(isOver)
  expect((await heldBytes()) - (bytesHalfWay ?? 0)).toBeLessThan(NOISE_BYTES + (MAX_GROWTH_BYTES * count) / 2)

  const messages = Array.from({ length: said }, (_, n) => ({ cmd: 'sendMessage', message: { said: n } }))
  for (const [device, parity] of [[alice, 0] as const, [bob, 1] as const]) {
    // What the other one said, every message once and in order, and an ack for what he said himself.
    expect(await device.notifications()).toEqual(messages.filter((_, n) => n % 2 !== parity))
    const answers = device.received.all.filter(({ cmd }) => cmd === undefined)
    const own = messages.filter((_, n) => n % 2 === parity)
    expect(answers.map(({ returnCode }) => returnCode)).toEqual([11, ...own.map(() => 20)])
    expect(device.received.topics).toEqual([`y2w/user/${device.userId}`])
    expect(device.client.connected).toBe(true)
  }
  expect(crony.received.all.filter((received) => !isHonest(received))).toEqual([])
  expect(crony.received.topics).toEqual([`y2w/user/${CRONY}`])
  expect(wrongs).toEqual([])
}

describe(`FUZZ_SEED=${SEED}`, () => {
  test.each<{ title: string; count: number; attack(random: Random): Promise<void> }>([
    {
      title: 'packets over TCP before CONNECT',
      count: 500,
      attack: async (random) => sendBroken(random, await tcp(), false),
    },
    {
      title: 'packets over TCP after CONNECT',
      count: 600,
      attack: async (random) => sendBroken(random, await tcp(), true),
    },
    {
      title: 'packets over WebSocket before CONNECT',
      count: 300,
      attack: async (random) => sendBroken(random, await ws(), false),
    },
    {
      title: 'packets over WebSocket after CONNECT',
      count: 500,
      attack: async (random) => sendBroken(random, await ws(), true),
    },
    {
      title: 'text messages and other subprotocols',
      count: 150,
      attack: async (random) =>
        random.chance(50)
          ? sendBroken(random, await ws(['mqtt'], false), random.chance(50))
          : sendBroken(random, await ws(random.pick([['chat'], ['soap', 'MQTT'], []])), true),
    },
    { title: 'upgrades and WebSocket frames', count: 300, attack: breakWebSocket },
  ])('broken $title harm nobody', ({ count, attack }) => withoutHarm(count * ROUNDS, attack))

  test('broken JSON harms nobody, and its connection stays', async () => {
    const lines = [await tcp(), await ws(), await tcp(), await ws()]
    for (const line of lines) line.send(generate(connectPacket(MALLORY)))
    await until(() => env.push.connectionCount === 3 + lines.length)
    const topics = [
      ...[OWN_GROUP, OWN_GROUP, OWN_GROUP, GROUP, 'y2w/session/p2p_660', 'y2w/session/group_404'],
      ...['y2w/session/y2wIMApp_66', 'y2w/session/y2wIMApp_1', 'y2w/user/1', 'y2w/user/66', 'y2w/logins/1'],
    ]
    const count = 1200 * ROUNDS
    await withoutHarm(count, async (random, index) => {
      const { send, acks } = random.pick(lines)
      const [intact, broken] = [`intact-${index}`, brokenFrame(random, `broken-${index}`)]
      const qos = random.int(3)
      const options = { qos, messageId: 1 + (index % 65_000) }
      // Everything is answered in order.
      const packet = { ...publishPacket(random.pick(topics), '', options), payload: broken } as Packet
      send(Buffer.concat([generate(packet), generate(publishPacket(OWN_GROUP, frame(intact)))]))
      if (qos === 2) send(generate({ cmd: 'pubrel', messageId: options.messageId }))
      await until(() => acks.has(intact))
      expect(acks.get(intact)).toEqual([20])
    })
    const answers = lines.flatMap(({ acks }) => [...acks.values()].flat())
    expect(answers.length).toBeGreaterThan(count * 1.3)
    expect(answers.length).toBeLessThanOrEqual(count * 2)
    expect(new Set(answers)).toEqual(new Set([20, 22, 27, 28, 30, 31]))
    expect(await crony.received.first(({ message }) => message?.syncs?.[0].content === SECRET)).toBeTruthy()
    expect({}).not.toHaveProperty('polluted')
  })
})
