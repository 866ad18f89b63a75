import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { generate, type Packet, parser } from 'mqtt-packet'
import { WebSocket } from 'ws'
import { type PushConfig, readPushConfig } from '../../push/config.js'
import { createPushServer, type PushServer } from '../../push/server.js'
import { Closers } from '../../shared/server/closers.js'
import { createLog, type Log } from '../../shared/server/log.js'
import type { LoginSource } from '../../shared/server/logins.js'
import type { Membership, MembershipSource } from '../../shared/server/membership.js'
import type { PresenceReport, PresenceSink } from '../../shared/server/presence.js'
import { createTokens } from '../../shared/server/tokens.js'
import { userTopic } from '../../shared/wire/topics.js'

export const APP = 'test-app'
/** How long (ms) anything that should come may take, on a busy machine. */
const LIMIT_MS = 10_000

export const tokens = createTokens('a secret that is used in tests only')

export function imToken(userId: string, app = APP): string {
  return tokens.sign('im', { sub: userId, app, login: `login-of-${userId}` })
}

/** Memberships that tests set, and a source that can be out of reach or slow. */
export class FakeMemberships implements MembershipSource {
  #sessions = new Map<string, Membership>()
  /** Session ids that were asked for. */
  readonly asked: string[] = []
  /** Set to make every question fail. */
  failure: Error | undefined
  /** Set to make questions wait. */
  gate: Promise<void> | undefined

  set(membership: Partial<Membership> & { sessionId: string }, ...memberIds: string[]): void {
    const { sessionId } = membership
    this.#sessions.set(sessionId, {
      appId: APP,
      type: 'group',
      mts: 1000,
      ...membership,
      memberIds: new Set(memberIds),
    })
  }

  async find(sessionId: string): Promise<Membership | undefined> {
    this.asked.push(sessionId)
    await this.gate
    if (this.failure) throw this.failure
    return this.#sessions.get(sessionId)
  }
}

/** Ended logins that tests set, and a source that can be out of reach. */
export class FakeLogins implements LoginSource {
  readonly ended: string[] = []
  failure: Error | undefined

  async findEnded(): Promise<string[]> {
    if (this.failure) throw this.failure
    return this.ended
  }
}

/** Keeps what is reported, unless it fails. */
export class FakePresence implements PresenceSink {
  readonly reports: PresenceReport[] = []
  failure: Error | undefined

  async report(report: PresenceReport): Promise<void> {
    if (this.failure) throw this.failure
    this.reports.push(report)
  }

  /** What is known of a user in the end. */
  isOnline(userId: string): boolean | undefined {
    return this.reports.flatMap(({ changes }) => changes).findLast((change) => change.userId === userId)
      ?.isOnline
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read the frames they expect
export type Frame = any

/** What a connection has received, in order, to wait for. */
class Received {
  #frames: { frame: Frame; topic: string }[] = []
  #wake = () => {}

  add(topic: string, payload: Buffer | string): void {
    this.#frames.push({ topic, frame: JSON.parse(payload.toString()) })
    this.#wake()
  }

  get all(): Frame[] {
    return this.#frames.map(({ frame }) => frame)
  }

  get topics(): string[] {
    return [...new Set(this.#frames.map(({ topic }) => topic))]
  }

  async first(matches: (frame: Frame) => boolean): Promise<Frame> {
    const until = Date.now() + LIMIT_MS
    for (;;) {
      const found = this.all.find(matches)
      if (found) return found
      const left = until - Date.now()
      if (left <= 0) throw new Error(`no such frame came, only ${JSON.stringify(this.all)}`)
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([woken, sleep(Math.min(left, 100))])
    }
  }
}

/** A user's device: a standard MQTT client. */
export class Device {
  readonly received = new Received()
  readonly closed: Promise<unknown>
  #nextId = 0

  constructor(
    readonly userId: string,
    readonly client: MqttClient,
    private readonly push: PushServer,
  ) {
    this.closed = new Promise((resolve) => client.once('close', () => resolve(undefined)))
    client.on('message', (topic, payload) => this.received.add(topic, payload))
  }

  publish(topic: string, payload: object | string, qos: 0 | 1 | 2 = 0): Promise<unknown> {
    return this.client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), {
      qos,
    })
  }

  /** Publishes a frame and waits for its ack. */
  async ask(topic: string, frame: object, qos: 0 | 1 | 2 = 0): Promise<Frame> {
    const y2wMessageId = `${this.userId}-${++this.#nextId}`
    // The ack may come before the QoS handshake is over, and the test may end then.
    this.publish(topic, { y2wMessageId, ...frame }, qos).catch(() => {})
    const ack = await this.received.first((frame) => frame.y2wMessageId === y2wMessageId)
    const { y2wMessageId: _, ...rest } = ack
    return rest
  }

  /** Sends a message to a session at `mts` and waits for the ack. */
  say(topic: string, mts: number, message: object = { syncs: [{ type: 0 }] }): Promise<Frame> {
    return this.ask(topic, { cmd: 'sendMessage', mts, message })
  }

  /** Notifications so far. Whatever was sent to this device before the call is among them. */
  async notifications(): Promise<Frame[]> {
    if (this.userId !== 'service') {
      const mark = Math.random()
      await this.push.announce({ topic: userTopic(this.userId), stamp: mark, syncs: [] })
      await this.received.first((frame) => frame.stamp === mark)
    }
    return this.received.all.filter((frame) => frame.cmd && frame.message.syncs?.length !== 0)
  }
}

/** Speaks MQTT packet by packet, for what a proper client would not do. */
export class RawClient {
  readonly packets: Packet[] = []
  readonly received = new Received()
  readonly closed: Promise<unknown>
  #parser = parser()
  #wake = () => {}

  constructor(
    readonly transport: Socket | WebSocket,
    private readonly write: (bytes: Buffer) => void,
  ) {
    this.#parser.on('packet', (packet) => {
      this.packets.push(packet)
      if (packet.cmd === 'publish') this.received.add(packet.topic, packet.payload)
      this.#wake()
    })
    this.closed = new Promise((resolve) => transport.once('close', resolve))
    transport.on('error', () => {})
    transport.on(transport instanceof WebSocket ? 'message' : 'data', (data: Buffer) =>
      this.#parser.parse(data),
    )
  }

  send(...packets: (Packet | Buffer)[]): void {
    this.write(Buffer.concat(packets.map((packet) => (Buffer.isBuffer(packet) ? packet : generate(packet)))))
  }

  get unsentBytes(): number {
    const { transport } = this
    return transport instanceof WebSocket ? transport.bufferedAmount : transport.writableLength
  }

  async next(cmd: Packet['cmd']): Promise<Packet> {
    for (;;) {
      const at = this.packets.findIndex((packet) => packet.cmd === cmd)
      const [found] = at < 0 ? [] : this.packets.splice(at, 1)
      if (found) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Waits until something holds that no event tells of. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + LIMIT_MS
  while (!holds()) {
    if (Date.now() > end) throw new Error(`this never came true: ${holds}`)
    await sleep(5)
  }
}

export function connectPacket(userId: string, extra: object = {}): Packet {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: `raw-${Math.random()}`,
    keepalive: 300,
    username: userId,
    password: Buffer.from(imToken(userId)),
    ...extra,
  }
}

export function publishPacket(topic: string, payload: object | string, extra: object = {}): Packet {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return { cmd: 'publish', topic, payload: text, qos: 0, dup: false, retain: false, ...extra }
}

export interface PushEnvOptions {
  limits?: Partial<PushConfig['limits']>
  config?: Partial<PushConfig>
  /** What push is told at its start. */
  endedLogins?: string[]
  loginsFailure?: Error
  log?: Log
}

/** A real push server on free ports, memberships by hand, and real MQTT clients. */
export class PushEnv {
  readonly memberships = new FakeMemberships()
  readonly logins = new FakeLogins()
  readonly presence = new FakePresence()
  #closers = new Closers()
  push!: PushServer

  static async start(options: PushEnvOptions = {}): Promise<PushEnv> {
    const { limits, log, config: changes } = options
    const env = new PushEnv()
    env.logins.ended.push(...(options.endedLogins ?? []))
    env.logins.failure = options.loginsFailure
    const config = readPushConfig({ MQTT_PORT: '0', WS_PORT: '0', RATE_LIMIT: 'off' })
    env.push = await createPushServer(
      { ...config, ...changes, limits: { ...config.limits, ...limits } },
      {
        tokens,
        memberships: env.memberships,
        logins: env.logins,
        presence: env.presence,
        log: log ?? createLog('test', 'silent'),
      },
    )
    env.#closers.add(() => env.push.close())
    if (!options.loginsFailure) await until(() => env.push.isReady)
    return env
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.push.ports.mqtt}`
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.push.ports.ws}/any/path`
  }

  /** Connects and waits for the accept frame. Rejects when refused, with the CONNACK's code in `error.code`. */
  async device(userId: string, options: IClientOptions & { url?: string } = {}): Promise<Device> {
    const password = userId === 'service' ? tokens.sign('service', { sub: 'api' }) : imToken(userId)
    const client = mqtt.connect(options.url ?? this.mqttUrl, {
      username: userId,
      password,
      reconnectPeriod: 0,
      ...options,
    })
    this.#closers.add(() => client.endAsync(true))
    const device = new Device(userId, client, this.push)
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
    })
    await device.received.first((frame) => frame.returnCode === 11)
    return device
  }

  devices(...userIds: string[]): Promise<Device[]> {
    return Promise.all(userIds.map((userId) => this.device(userId)))
  }

  async rawTcp(): Promise<RawClient> {
    const socket = connectTcp({ port: this.push.ports.mqtt, host: '127.0.0.1', noDelay: true })
    this.#closers.add(() => socket.destroy())
    const raw = new RawClient(socket, (bytes) => socket.write(bytes))
    await once(socket, 'connect')
    return raw
  }

  async rawWs(subprotocols: string[] = ['mqttv3.1']): Promise<RawClient> {
    const ws = new WebSocket(this.wsUrl, subprotocols)
    this.#closers.add(() => ws.terminate())
    const raw = new RawClient(ws, (bytes) => ws.send(bytes))
    await once(ws, 'open')
    return raw
  }

  close(): Promise<void> {
    return this.#closers.close()
  }
}
