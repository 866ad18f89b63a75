import { BaseLink } from './base-link.js'
import {
  encodeAck,
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePublish,
  type Packet,
  PacketError,
  PacketReader,
} from './packets.js'
import { DEADLINES, type Deadlines } from './pulse.js'
import type { Transport } from './transport.js'

/** What is used of a WebSocket. Those of browsers, of Node.js and of `ws` have it. */
export interface WebSocketLike {
  binaryType: string
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  send(bytes: Uint8Array): void
  close(): void
  /** Cuts the connection without a word; only `ws` can. */
  terminate?(): void
}

/** What makes one: a class such as `WebSocket`. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike

/** What `webSocketTransport` takes; nothing must be given. */
export interface WebSocketTransportOptions {
  /** Instead of the global one or, where there is none (Node.js 20), that of the package `ws`. */
  WebSocket?: WebSocketConstructor
  /** Instead of 10 s for the answers to CONNECT and to pings, and 5 s for `check`. */
  deadlines?: Partial<Deadlines>
}

/** Connects to push over WebSocket, in browsers and in Node.js. */
export function webSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const deadlines = { ...DEADLINES, ...options.deadlines }
  return (dial, handlers) => {
    const link = new WebSocketLink(dial, handlers, deadlines)
    const known = options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined)
    if (known) link.open(known)
    else void importWs().then((imported) => link.open(imported))
    return link
  }
}

/** Undefined where the package is missing, as in bundles for browsers. */
async function importWs(): Promise<WebSocketConstructor | undefined> {
  try {
    // The cast hides the name from TypeScript, whose types of ws would bring those of Node.js into the whole SDK.
    // It is gone in JavaScript, so bundlers see the name.
    return (await import('ws' as string)).WebSocket
  } catch {
    return undefined
  }
}

class WebSocketLink extends BaseLink {
  readonly #reader = new PacketReader()
  #socket: WebSocketLike | undefined

  /** Dials, unless the link has been closed meanwhile. */
  open(WebSocket: WebSocketConstructor | undefined): void {
    if (this.handlers.isOver) return
    try {
      if (!WebSocket) throw new Error('there is no WebSocket')
      const connect = encodeConnect(this.dial)
      const socket = new WebSocket(this.dial.url, 'mqtt')
      this.#socket = socket
      socket.binaryType = 'arraybuffer'
      socket.addEventListener('open', () => this.#send(connect))
      socket.addEventListener('message', ({ data }) => this.#receive(data))
      // They stay for good: an error that nobody listens to would end a Node.js process.
      socket.addEventListener('error', () => this.cut())
      socket.addEventListener('close', () => this.cut())
    } catch {
      // No URL, ws: on a page that came over https:, or values that MQTT cannot carry.
      this.cut()
    }
  }

  publish(topic: string, payload: string): void {
    if (this.isAccepted) this.#send(encodePublish(topic, payload))
  }

  protected ping(): void {
    this.#send(encodePingreq())
  }

  protected sayGoodbye(): () => void {
    const socket = this.#socket
    socket?.send(encodeDisconnect())
    socket?.close()
    return () => socket?.terminate?.()
  }

  protected hangUp(): void {
    if (this.#socket?.terminate) this.#socket.terminate()
    else this.#socket?.close()
  }

  #send(bytes: Uint8Array): void {
    if (!this.handlers.isOver) this.#socket?.send(bytes)
  }

  #receive(data: unknown): void {
    if (this.handlers.isOver) return
    this.pulse.beat()
    try {
      // Text is no MQTT. (6.0)
      if (typeof data === 'string') throw new PacketError('a text message')
      this.#reader.add(new Uint8Array(data as ArrayBuffer))
      while (!this.handlers.isOver) {
        const packet = this.#reader.next()
        if (!packet) return
        this.#take(packet)
      }
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
      this.cut()
    }
  }

  #take(packet: Packet): void {
    // The first packet is CONNACK, and no other is. (3.2)
    if ((packet.cmd === 'connack') === this.isAccepted) throw new PacketError(`${packet.cmd} at a wrong time`)
    if (packet.cmd === 'connack') this.takeConnack(packet.code)
    if (packet.cmd === 'publish') {
      this.handlers.onFrame(new TextDecoder().decode(packet.payload))
      // Nothing is kept of QoS 2: within one connection nothing comes twice, and frames may.
      if (packet.qos !== 0) this.#send(encodeAck(packet.qos === 1 ? 'puback' : 'pubrec', packet.messageId))
    }
    if (packet.cmd === 'pingresp') this.pulse.pong()
    if (packet.cmd === 'pubrel') this.#send(encodeAck('pubcomp', packet.messageId))
  }
}
