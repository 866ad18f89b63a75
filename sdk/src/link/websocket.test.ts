import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate, parser } from 'mqtt-packet'
import { WebSocket, WebSocketServer } from 'ws'
import { Closers } from '../../../shared/server/closers.js'
import { until } from '../../../test/helpers/push-env.js'
import type { Link } from './transport.js'
import { type WebSocketConstructor, webSocketTransport } from './websocket.js'

// What is the same for all transports is in transports.test.ts.

const DIAL = { clientId: 'phone', username: '1', password: 'secret', keepaliveS: 300 }
const CONNACK = generate({ cmd: 'connack', returnCode: 0, sessionPresent: false })

let closers: Closers
let events: string[]
let server: WebSocketServer
let url: string
/** The server's side of the connections, and what came in whole messages. */
let sockets: WebSocket[]
let received: string[]

beforeEach(async () => {
  closers = new Closers()
  events = []
  sockets = []
  received = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`
  server.on('connection', (socket) => {
    sockets.push(socket)
    let packets: string[] = []
    const reader = parser()
    reader.on('packet', ({ cmd }) => packets.push(cmd))
    socket.on('message', (data: Buffer) => {
      packets = []
      reader.parse(data)
      received.push(packets.join())
    })
  })
  closers.add(() => {
    for (const socket of sockets) socket.terminate()
    server.close()
  })
})
afterEach(() => closers.close())

function dial(WebSocket?: WebSocketConstructor, changes: { url?: string; password?: string } = {}): Link {
  const before = [...events]
  const link = webSocketTransport(WebSocket && { WebSocket })(
    { url, ...DIAL, ...changes },
    {
      onConnack: (code) => events.push(`connack ${code}`),
      onFrame: (payload) => events.push(`frame ${payload}`),
      onClose: () => events.push('close'),
    },
  )
  expect(events).toEqual(before)
  closers.add(() => link.close())
  return link
}

const publish = (payload: string) =>
  generate({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain: false })
const saw = (event: string) => until(() => events.includes(event))

describe('messages', () => {
  beforeEach(async () => {
    dial()
    await until(() => received.length === 1)
  })
  const send = (...messages: (Buffer | string)[]) => {
    for (const message of messages) sockets[0]?.send(message)
  }

  test('CONNECT is one, over the subprotocol mqtt', () => {
    expect(received).toEqual(['connect'])
    expect(sockets[0]?.protocol).toBe('mqtt')
  })

  test('packets may be cut into many, and one may have many', async () => {
    const bytes = Buffer.concat([CONNACK, publish('a'), publish('b')])
    send(
      ...[...bytes].map((byte) => Buffer.of(byte)),
      Buffer.alloc(0),
      Buffer.concat(['c', 'd'].map(publish)),
    )
    await saw('frame d')
    expect(events).toEqual(['connack 0', 'frame a', 'frame b', 'frame c', 'frame d'])
  })

  test.each([
    { title: 'text', messages: [CONNACK, 'text'], expected: ['connack 0', 'close'] },
    { title: 'a packet before CONNACK', messages: [publish('a'), CONNACK], expected: ['close'] },
    {
      title: 'a packet of more than 1 MiB',
      messages: [CONNACK, publish('a'.repeat(1024 * 1024))],
      expected: ['connack 0', 'close'],
    },
    {
      title: 'a topic that is no text',
      messages: [CONNACK, Buffer.of(0x30, 3, 0, 1, 0xff)],
      expected: ['connack 0', 'close'],
    },
    {
      title: 'what is no packet, behind one that is',
      messages: [CONNACK, Buffer.concat([publish('a'), Buffer.from('HTTP/1.1'), publish('b')])],
      expected: ['connack 0', 'frame a', 'close'],
    },
  ])('$title is the end', async ({ messages, expected }) => {
    send(...messages)
    await saw('close')
    await until(() => sockets[0]?.readyState === WebSocket.CLOSED)
    expect(events).toEqual(expected)
  })

  test('a payload that is no text is one for whoever reads frames', async () => {
    send(CONNACK, Buffer.of(0x30, 4, 0, 1, 0x74, 0xff), publish('b'))
    await saw('frame b')
    expect(events).toEqual(['connack 0', 'frame \ufffd', 'frame b'])
  })
})

test('a socket that tells of its end while it is being closed, as that of Node.js 22, is closed once', async () => {
  let closes = 0
  class Socket {
    binaryType = ''
    #tell: (() => void)[] = []
    addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
      if (type === 'error' || type === 'close') this.#tell.push(() => listener({ data: '' }))
    }
    send(): void {}
    close(): void {
      closes += 1
      for (const tell of this.#tell) tell()
    }
  }
  dial(Socket).close()
  await saw('close')
  expect(closes).toBe(1)
  expect(events).toEqual(['close'])
})

describe('what cannot be dialled is told as a close', () => {
  test('a WebSocket that throws, as for ws: on a page that came over https:', async () => {
    dial(
      class {
        constructor() {
          throw new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError')
        }
      } as unknown as WebSocketConstructor,
    )
    await saw('close')
    expect(events).toEqual(['close'])
  })

  test('a server that does not speak MQTT', async () => {
    server.options.handleProtocols = () => false
    dial()
    await saw('close')
    expect(events).toEqual(['close'])
  })

  test('a password that MQTT cannot carry', async () => {
    dial(undefined, { password: 'x'.repeat(70_000) })
    await saw('close')
    expect(events).toEqual(['close'])
    expect(sockets).toEqual([])
  })
})

describe('where ws has to be imported first', () => {
  const global = globalThis.WebSocket
  beforeEach(() => {
    // @ts-expect-error: it is not there in Node.js 20.
    globalThis.WebSocket = undefined
  })
  afterEach(() => {
    globalThis.WebSocket = global
  })

  test('it is', async () => {
    dial()
    await until(() => received.length === 1)
  })

  test('a link that is closed meanwhile does not dial', async () => {
    let connections = 0
    const tcp = createServer(() => {
      connections += 1
    }).listen(0, '127.0.0.1')
    closers.add(() => tcp.close())
    await once(tcp, 'listening')
    const link = dial(undefined, { url: `ws://127.0.0.1:${(tcp.address() as { port: number }).port}` })
    link.publish('t', 'x')
    link.check()
    link.close()
    link.close()
    link.check()
    expect(events).toEqual([])
    await Promise.resolve()
    expect(events).toEqual(['close'])
    // Another one that dials takes as long.
    dial()
    await until(() => received.length === 1)
    await sleep(50)
    expect(events).toEqual(['close'])
    expect(connections).toBe(0)
  })
})

describe('a Node.js process', () => {
  test.each([
    {
      title: 'the WebSocket at hand',
      transport: `(await import('${import.meta.dirname}/websocket.ts')).webSocketTransport()`,
    },
    {
      title: 'mqtt.js',
      transport: `(await import('${import.meta.dirname}/mqtt-js.ts')).mqttTransport((await import('mqtt')).default.connect)`,
    },
  ])('ends with its link: $title', async ({ transport }) => {
    server.on('connection', (socket) => {
      socket.on('message', () => received.at(-1) === 'connect' && socket.send(CONNACK))
    })
    const script = `
      const transport = ${transport}
      const link = transport(${JSON.stringify({ url, ...DIAL })}, {
        onConnack: () => link.close(),
        onClose: () => console.log('closed'),
      })`
    const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
    closers.add(() => child.kill('SIGKILL'))
    let stderr = ''
    child.stderr?.on('data', (data) => {
      stderr += data
    })
    const exit = once(child, 'exit')
    const [said] = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), exit])
    expect({ said, stderr }).toEqual({ said: 'closed\n', stderr: '' })
    const closedAt = performance.now()
    expect(await exit).toEqual([0, null])
    // Its timers go to five seconds.
    expect(performance.now() - closedAt).toBeLessThan(4000)
  })
})
