import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import mqtt from 'mqtt'
import { generate, type Packet, parser } from 'mqtt-packet'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import { Closers } from '../../../shared/server/closers.js'
import { ConnectCode } from '../../../shared/wire/codes.js'
import { sessionTopic, userTopic } from '../../../shared/wire/topics.js'
import { imToken, PushEnv, tokens, until } from '../../../test/helpers/push-env.js'
import { mqttTransport } from './mqtt-js.js'
import type { Deadlines } from './pulse.js'
import type { Dial, Link, LinkHandlers, Transport } from './transport.js'
import { webSocketTransport } from './websocket.js'

const ALICE = '1'
const BOB = '2'
const GROUP = sessionTopic('group', '100')
const MTS = 1000
const ACCEPTED = ['connack 0', 'frame {"returnCode":11}']
/** Short enough to wait for, and long enough for a busy machine's answers. */
const SHORT_MS = 300

const frame = (y2wMessageId: string) =>
  JSON.stringify({ cmd: 'sendMessage', y2wMessageId, mts: MTS, message: { text: 'grüße, 您好 🙂' } })
const acked = (id: string) => `frame {"y2wMessageId":"${id}","returnCode":20}`

let closers: Closers
beforeEach(() => {
  closers = new Closers()
})
afterEach(() => closers.close())

/** What handlers were told, in order. */
class Witness implements LinkHandlers {
  readonly events: string[] = []
  link!: Link

  onConnack(code: number): void {
    this.events.push(`connack ${code}`)
  }

  onFrame(payload: string): void {
    this.events.push(`frame ${payload}`)
  }

  onClose(): void {
    this.events.push('close')
  }

  saw(event: string): Promise<void> {
    return until(() => this.events.includes(event))
  }
}

function dialled(
  transport: Transport,
  url: string,
  changes: Partial<Dial> = {},
  witness = new Witness(),
): Witness {
  const dial = { clientId: 'phone', username: ALICE, password: imToken(ALICE), keepaliveS: 300, ...changes }
  witness.link = transport({ url, ...dial }, witness)
  // Nobody is called before the link is known.
  expect(witness.events).toEqual([])
  closers.add(() => witness.link.close())
  return witness
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A TCP server that keeps its connections, and may say nothing to them. */
async function tcpServer(
  onSocket: (socket: Socket) => void = () => {},
): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  // Half open: it does not close only because the other side does.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  const port = await listen(server)
  closers.add(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port, sockets }
}

/** A way to a server, which falls silent on demand: nothing gets through any more, not even an end. */
class Tunnel {
  #isSilent = false
  /** Bytes that came from the server. */
  received = 0

  private constructor(readonly port: number) {}

  static async to(targetPort: number): Promise<Tunnel> {
    let tunnel: Tunnel | undefined
    const { port } = await tcpServer((near) => {
      const far = connectTcp({ port: targetPort, host: '127.0.0.1' })
      far.on('error', () => near.destroy())
      closers.add(() => far.destroy())
      tunnel?.pass(near, far)
      tunnel?.pass(far, near)
      far.on('data', ({ length }) => {
        if (tunnel) tunnel.received += length
      })
    })
    tunnel = new Tunnel(port)
    return tunnel
  }

  silence(): void {
    this.#isSilent = true
  }

  private pass(from: Socket, to: Socket): void {
    from.on('data', (data) => this.#isSilent || to.write(data))
    from.on('end', () => this.#isSilent || to.end())
  }
}

/** A broker of which tests determine every packet. It accepts and answers pings, unless told otherwise. */
class Broker {
  readonly packets: Packet[] = []
  #stream: Duplex | undefined

  private constructor(
    private readonly protocol: 'ws' | 'mqtt',
    private readonly port: number,
  ) {}

  get url(): string {
    return `${this.protocol}://127.0.0.1:${this.port}/mqtt`
  }

  static async start(protocol: 'ws' | 'mqtt', answer?: (packet: Packet) => Packet[]): Promise<Broker> {
    let broker: Broker | undefined
    const wss = new WebSocketServer({ noServer: true })
    const http = createHttpServer()
    http.on('upgrade', (req, socket, head) => {
      wss.handleUpgrade(req, socket, head, (ws) => broker?.serve(createWebSocketStream(ws), answer))
    })
    const tcp = createServer((socket) => broker?.serve(socket, answer))
    const port = await listen(protocol === 'ws' ? http : tcp)
    closers.add(() => {
      broker?.end()
      http.close()
      tcp.close()
    })
    broker = new Broker(protocol, port)
    return broker
  }

  private serve(stream: Duplex, answer: (packet: Packet) => Packet[] = () => []): void {
    this.#stream = stream
    const reader = parser()
    reader.on('packet', (packet) => {
      this.packets.push(packet)
      if (packet.cmd === 'pingreq') this.send({ cmd: 'pingresp' })
      const answers = answer(packet)
      if (answers.length > 0) this.send(...answers)
      else if (packet.cmd === 'connect') this.send({ cmd: 'connack', returnCode: 0, sessionPresent: false })
    })
    stream.on('data', (data) => reader.parse(data))
    stream.on('error', () => {})
  }

  send(...packets: (Packet | Uint8Array)[]): void {
    const bytes = packets.map((packet) => (packet instanceof Uint8Array ? packet : generate(packet)))
    this.#stream?.write(Buffer.concat(bytes))
  }

  end(): void {
    this.#stream?.destroy()
  }

  get cmds(): string[] {
    return this.packets.map(({ cmd }) => cmd)
  }

  got(cmd: Packet['cmd']): Promise<void> {
    return until(() => this.cmds.includes(cmd))
  }
}

const publish = (payload: string, qos: 0 | 1 | 2 = 0, messageId = 7): Packet => ({
  cmd: 'publish',
  topic: 'y2w/user/1',
  payload,
  qos,
  messageId,
  dup: false,
  retain: false,
})

type Kind = {
  title: string
  protocol: 'ws' | 'mqtt'
  make: (deadlines?: Partial<Deadlines>) => Transport
}

const kinds: Kind[] = [
  // The global WebSocket, or ws where there is none.
  {
    title: 'the WebSocket at hand',
    protocol: 'ws',
    make: (deadlines = {}) => webSocketTransport({ deadlines }),
  },
  {
    title: "ws's WebSocket",
    protocol: 'ws',
    make: (deadlines = {}) => webSocketTransport({ deadlines, WebSocket }),
  },
  {
    title: 'mqtt.js over TCP',
    protocol: 'mqtt',
    make: (deadlines = {}) => mqttTransport(mqtt.connect, { deadlines }),
  },
  {
    title: 'mqtt.js over WebSocket',
    protocol: 'ws',
    make: (deadlines = {}) => mqttTransport(mqtt.connect, { deadlines }),
  },
]

describe.each(kinds)('$title', ({ protocol, make }) => {
  describe('with push', () => {
    let env: PushEnv
    const url = () => (protocol === 'ws' ? env.wsUrl : env.mqttUrl)
    const tunnelled = async () => {
      const { mqtt, ws } = env.push.ports
      const tunnel = await Tunnel.to((protocol === 'ws' ? ws : mqtt) as number)
      return { tunnel, tunnelUrl: `${protocol}://127.0.0.1:${tunnel.port}/mqtt` }
    }

    beforeAll(async () => {
      env = await PushEnv.start()
      env.memberships.set({ sessionId: '100', mts: MTS }, ALICE, BOB)
    })
    afterAll(() => env.close())
    // Connections of the test before.
    beforeEach(() => until(() => env.push.connectionCount === 0))

    test('is accepted, and told so', async () => {
      const alice = dialled(make(), url())
      await alice.saw('frame {"returnCode":11}')
      expect(alice.events).toEqual(ACCEPTED)
      expect(env.push.connectionCount).toBe(1)
    })

    test.each([
      { title: 'a bad token', code: ConnectCode.badToken, changes: { password: 'nonsense' } },
      { title: 'a bad user', code: ConnectCode.badUser, changes: { username: 'nobody' } },
      {
        title: 'an expired token',
        code: ConnectCode.expiredToken,
        changes: { password: tokens.sign('im', { sub: ALICE, app: 'a', login: 'l' }, -1) },
      },
    ])('is refused for $title: $code', async ({ code, changes }) => {
      const alice = dialled(make(), url(), changes)
      await alice.saw('close')
      alice.link.publish(GROUP, frame('a'))
      alice.link.check()
      alice.link.close()
      await sleep(50)
      expect(alice.events).toEqual([`connack ${code}`, 'close'])
    })

    test('hears of news', async () => {
      const alice = dialled(make(), url())
      await alice.saw('connack 0')
      await env.push.announce({ topic: userTopic(ALICE), stamp: 5, syncs: [{ type: 0 }] })
      await until(() => alice.events.length === 3)
      const news = JSON.parse(alice.events[2]?.replace('frame ', '') ?? '')
      expect(news).toMatchObject({ cmd: 'sendMessage', message: { syncs: [{ type: 0 }] }, stamp: 5 })
    })

    test('publishes, with any text in it', async () => {
      const alice = dialled(make(), url())
      const bob = dialled(make(), url(), { username: BOB, password: imToken(BOB) })
      await Promise.all([alice.saw(ACCEPTED[1] as string), bob.saw(ACCEPTED[1] as string)])
      alice.link.publish(GROUP, frame('a'))
      await alice.saw(acked('a'))
      await until(() => bob.events.length === 3)
      expect(bob.events[2]).toContain('grüße, 您好 🙂')
    })

    test('large frames get through, one after another', async () => {
      const alice = dialled(make(), url())
      await alice.saw('connack 0')
      const ids = Array.from({ length: 30 }, (_, i) => `a${i}`)
      for (const id of ids) alice.link.publish(GROUP, frame(id).replace('您好', '好'.repeat(20_000)))
      await alice.saw(acked('a29'))
      expect(alice.events).toEqual([...ACCEPTED, ...ids.map(acked)])
    })

    test('what is published before it is accepted is lost', async () => {
      const alice = dialled(make(), url())
      alice.link.publish(GROUP, frame('early'))
      await alice.saw('connack 0')
      alice.link.publish(GROUP, frame('late'))
      await alice.saw(acked('late'))
      expect(alice.events).not.toContain(acked('early'))
    })

    test('what is published as soon as it is accepted gets through', async () => {
      const alice = new Witness()
      alice.onConnack = () => alice.link.publish(GROUP, frame('soon'))
      dialled(make(), url(), {}, alice)
      await alice.saw(acked('soon'))
    })

    test('the end of the server is told once', async () => {
      const short = await PushEnv.start()
      const alice = dialled(make(), protocol === 'ws' ? short.wsUrl : short.mqttUrl)
      await alice.saw(ACCEPTED[1] as string)
      await short.close()
      await alice.saw('close')
      alice.link.publish(GROUP, frame('a'))
      alice.link.check()
      alice.link.close()
      await sleep(50)
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
    })

    test('close() is told once, what was published before it gets through, and nothing comes after it', async () => {
      const alice = dialled(make(), url())
      const bob = dialled(make(), url(), { username: BOB, password: imToken(BOB) })
      await Promise.all([alice.saw(ACCEPTED[1] as string), bob.saw(ACCEPTED[1] as string)])
      alice.link.publish(GROUP, frame('last'))
      alice.link.close()
      alice.link.close()
      expect(alice.events).toEqual(ACCEPTED)
      await Promise.resolve()
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
      alice.link.publish(GROUP, frame('lost'))
      alice.link.check()
      await until(() => env.push.connectionCount === 1)
      bob.link.publish(GROUP, frame('b'))
      await bob.saw(acked('b'))
      expect(bob.events).toHaveLength(4)
      expect(bob.events[2]).toContain('grüße')
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
    })

    test('close() while dialling is told once, and ends the connection', async () => {
      const alice = dialled(make(), url())
      alice.link.check()
      alice.link.close()
      alice.link.close()
      expect(alice.events).toEqual([])
      await Promise.resolve()
      expect(alice.events).toEqual(['close'])
      // Whoever comes later is accepted first: by then a connection of hers would be, too.
      await dialled(make(), url(), { username: BOB, password: imToken(BOB) }).saw('connack 0')
      await until(() => env.push.connectionCount === 1)
      expect(alice.events).toEqual(['close'])
    })

    test.each(['onConnack', 'onFrame'] as const)('close() in %s is the end', async (name) => {
      const alice = new Witness()
      const told = alice[name].bind(alice) as (value: number | string) => void
      alice[name] = (value: number | string) => {
        told(value)
        alice.link.close()
      }
      dialled(make(), url(), {}, alice)
      await alice.saw('close')
      await until(() => env.push.connectionCount === 0)
      expect(alice.events).toEqual([...ACCEPTED.slice(0, name === 'onConnack' ? 1 : 2), 'close'])
    })

    test('handlers that throw break nothing, and their errors are seen', async () => {
      const errors: unknown[] = []
      const microtasks = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
        try {
          task()
        } catch (error) {
          errors.push((error as Error).message)
        }
      })
      closers.add(() => microtasks.mockRestore())
      const alice = new Witness()
      for (const name of ['onConnack', 'onFrame', 'onClose'] as const) {
        const told = alice[name].bind(alice) as (value?: number | string) => void
        alice[name] = (value?: number | string) => {
          told(value)
          throw new Error(`from ${name}`)
        }
      }
      dialled(make(), url(), {}, alice)
      await alice.saw('connack 0')
      alice.link.publish(GROUP, frame('a'))
      await alice.saw(acked('a'))
      alice.link.close()
      await alice.saw('close')
      expect(alice.events).toEqual([...ACCEPTED, acked('a'), 'close'])
      expect(errors).toEqual(['from onConnack', 'from onFrame', 'from onFrame', 'from onClose'])
    })

    test('a silent network is noticed by check()', async () => {
      const { tunnel, tunnelUrl } = await tunnelled()
      const alice = dialled(make({ checkMs: SHORT_MS }), tunnelUrl)
      await alice.saw(ACCEPTED[1] as string)
      tunnel.silence()
      const startedAt = performance.now()
      alice.link.check()
      await alice.saw('close')
      const tookMs = performance.now() - startedAt
      expect(tookMs).toBeGreaterThan(SHORT_MS - 50)
      expect(tookMs).toBeLessThan(SHORT_MS + 3000)
      await sleep(50)
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
    })

    test('a silent network is noticed by the regular ping', async () => {
      const { tunnel, tunnelUrl } = await tunnelled()
      const alice = dialled(make({ pingMs: SHORT_MS }), tunnelUrl, { keepaliveS: 1 })
      await alice.saw(ACCEPTED[1] as string)
      tunnel.silence()
      await alice.saw('close')
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
    })

    test('check() leaves a healthy connection alone', async () => {
      const { tunnel, tunnelUrl } = await tunnelled()
      const alice = dialled(make({ checkMs: 2 * SHORT_MS }), tunnelUrl)
      await alice.saw(ACCEPTED[1] as string)
      await sleep(20)
      const before = tunnel.received
      alice.link.check()
      await until(() => tunnel.received > before)
      await sleep(3 * SHORT_MS)
      alice.link.publish(GROUP, frame('a'))
      await alice.saw(acked('a'))
      expect(alice.events).toEqual([...ACCEPTED, acked('a')])
    })

    test('close() does not wait for a network that is silent', async () => {
      const { tunnel, tunnelUrl } = await tunnelled()
      const alice = dialled(make(), tunnelUrl)
      await alice.saw(ACCEPTED[1] as string)
      tunnel.silence()
      alice.link.close()
      await Promise.resolve()
      expect(alice.events).toEqual([...ACCEPTED, 'close'])
    })
  })

  describe('with a broker of ours', () => {
    test('CONNECT says what was dialled', async () => {
      const broker = await Broker.start(protocol)
      const alice = dialled(make(), broker.url, { username: 'ü', password: 'secret', keepaliveS: 77 })
      await alice.saw('connack 0')
      expect(broker.packets).toMatchObject([
        {
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          keepalive: 77,
          clientId: 'phone',
          username: 'ü',
          password: Buffer.from('secret'),
        },
      ])
      expect(broker.packets[0]).not.toHaveProperty('will')
    })

    test('close() says goodbye', async () => {
      const broker = await Broker.start(protocol)
      const alice = dialled(make(), broker.url)
      await alice.saw('connack 0')
      alice.link.publish('t', 'last')
      alice.link.close()
      await broker.got('disconnect')
      expect(broker.cmds).toEqual(['connect', 'publish', 'disconnect'])
    })

    test('pings keep it alive', async () => {
      const broker = await Broker.start(protocol)
      const alice = dialled(make(), broker.url, { keepaliveS: 1 })
      await until(() => broker.cmds.filter((cmd) => cmd === 'pingreq').length >= 2)
      expect(alice.events).toEqual(['connack 0'])
    })

    test('QoS 1 and 2 are answered', async () => {
      const broker = await Broker.start(protocol, (packet) =>
        packet.cmd === 'pubrec' ? [{ cmd: 'pubrel', messageId: packet.messageId as number }] : [],
      )
      const alice = dialled(make(), broker.url)
      await alice.saw('connack 0')
      broker.send(publish('a', 1, 300), publish('b', 2, 65_535), publish('c'))
      await Promise.all([alice.saw('frame c'), broker.got('puback'), broker.got('pubcomp')])
      expect(alice.events).toEqual(['connack 0', 'frame a', 'frame b', 'frame c'])
      expect(broker.packets).toMatchObject([
        { cmd: 'connect' },
        { cmd: 'puback', messageId: 300 },
        { cmd: 'pubrec', messageId: 65_535 },
        { cmd: 'pubcomp', messageId: 65_535 },
      ])
    })

    test('frames that come with CONNACK come after it', async () => {
      const connack: Packet = { cmd: 'connack', returnCode: 0, sessionPresent: false }
      const broker = await Broker.start(protocol, ({ cmd }) =>
        cmd === 'connect' ? [connack, publish('a')] : [],
      )
      const alice = dialled(make(), broker.url)
      await alice.saw('frame a')
      expect(alice.events).toEqual(['connack 0', 'frame a'])
    })

    test.each([ConnectCode.unavailable, ConnectCode.kicked, 99])(
      'CONNACK %d is the end',
      async (returnCode) => {
        const connack: Packet = { cmd: 'connack', returnCode, sessionPresent: false }
        const broker = await Broker.start(protocol, ({ cmd }) =>
          cmd === 'connect' ? [connack, publish('a')] : [],
        )
        const alice = dialled(make(), broker.url)
        await alice.saw('close')
        await sleep(50)
        expect(alice.events).toEqual([`connack ${returnCode}`, 'close'])
      },
    )

    test.each([
      { title: 'a second CONNACK', bytes: [0x20, 2, 0, 0] },
      { title: 'a packet of an unknown type', bytes: [0, 0] },
      { title: 'PUBREL with other flags', bytes: [0x60, 2, 0, 1] },
      { title: 'a length of five bytes', bytes: [0x30, 0xff, 0xff, 0xff, 0xff, 1] },
    ])('$title is the end, after what came before it', async ({ bytes }) => {
      const broker = await Broker.start(protocol)
      const alice = dialled(make(), broker.url)
      await alice.saw('connack 0')
      broker.send(publish('a'))
      await alice.saw('frame a')
      broker.send(Uint8Array.from(bytes), publish('b'))
      await alice.saw('close')
      await sleep(50)
      expect(alice.events).toEqual(['connack 0', 'frame a', 'close'])
    })
  })

  describe('without a server', () => {
    test.each(['not a URL', 'a b://c', ''])('"%s" is told as a close', async (url) => {
      const alice = dialled(make(), url)
      await alice.saw('close')
      alice.link.close()
      await sleep(20)
      expect(alice.events).toEqual(['close'])
    })

    test('a port where nobody listens is told as a close', async () => {
      const server = createServer()
      const port = await listen(server)
      server.close()
      const alice = dialled(make(), `${protocol}://127.0.0.1:${port}/mqtt`)
      await alice.saw('close')
      await sleep(20)
      expect(alice.events).toEqual(['close'])
    })

    test('a server that accepts and never answers is given up', async () => {
      const { port, sockets } = await tcpServer((socket) => socket.resume())
      const alice = dialled(make({ connackMs: SHORT_MS }), `${protocol}://127.0.0.1:${port}/mqtt`)
      const startedAt = performance.now()
      await alice.saw('close')
      expect(performance.now() - startedAt).toBeGreaterThan(SHORT_MS - 50)
      // It lets go of the connection.
      await until(() => sockets.every((socket) => socket.readableEnded || socket.destroyed))
      expect(alice.events).toEqual(['close'])
    })

    test('a server that closes at once is told as a close', async () => {
      const { port } = await tcpServer((socket) => socket.destroy())
      const alice = dialled(make(), `${protocol}://127.0.0.1:${port}/mqtt`)
      await alice.saw('close')
      await sleep(20)
      expect(alice.events).toEqual(['close'])
    })
  })
})
