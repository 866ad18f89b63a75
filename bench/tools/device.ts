import { randomBytes, randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'

export interface DeviceOptions {
  port: number
  /** MQTT in WebSocket messages instead of over TCP. */
  overWebSocket?: boolean
  clientId?: string
  username?: string
  password?: string
  /** Called for each PUBLISH, with the packet's body: topic and payload. Its bytes are good during the call only. */
  onPublish?(body: Buffer): void
  /** Called when the connection is gone, unless `close` was. */
  onLost?(reason: Error): void
}

const NOTHING = Buffer.alloc(0)
/** What any socket has just read, instead of a new buffer for each read: a read is dealt with before the next. */
const received = Buffer.alloc(64 * 1024)

/**
 * A device in as few instructions as can be: thousands of them run in one load generator. It reads packets by their
 * headers and looks into none; it cannot do more than CONNECT, SUBSCRIBE and PUBLISH at QoS 0.
 */
export class Device {
  /** Resolves with CONNACK 0. */
  readonly accepted: Promise<void>
  readonly #socket: Socket
  readonly #overWebSocket: boolean
  /** CONNECT. Over a WebSocket it goes once that is open, as RFC 6455 has it. */
  readonly #hello: Buffer
  #rest: Buffer = NOTHING
  /** The first part of a packet whose rest comes in other WebSocket messages. */
  #begun: Buffer = NOTHING
  #isUpgraded: boolean
  #onSuback: (() => void)[] = []
  #isClosed = false

  constructor(private readonly options: DeviceOptions) {
    const { port, clientId, username, password } = options
    this.#overWebSocket = options.overWebSocket ?? false
    this.#isUpgraded = !this.#overWebSocket
    const onread = {
      buffer: received,
      callback: (length: number) => {
        this.#take(received.subarray(0, length))
        return true
      },
    }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket = socket
    this.#hello = generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: clientId ?? randomUUID(),
      keepalive: 600,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
    })
    this.accepted = new Promise((resolve, reject) => {
      this.#accept = (code) => (code === 0 ? resolve() : reject(new Error(`refused with ${code}`)))
      const lost = (error?: Error) => {
        if (this.#isClosed) return
        const reason = error ?? new Error('the connection was closed')
        reject(reason)
        this.#isClosed = true
        options.onLost?.(reason)
      }
      socket.on('error', lost)
      socket.on('close', () => lost())
    })
    // Whoever has no interest in it need not wait for it.
    this.accepted.catch(() => {})
    if (this.#overWebSocket) {
      socket.write(
        `GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
          'Sec-WebSocket-Protocol: mqtt\r\n\r\n',
      )
    } else this.#send(this.#hello)
  }

  #accept!: (code: number) => void

  subscribe(topic: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onSuback.push(resolve)
      this.#send(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] }))
    })
  }

  publish(packet: Buffer): void {
    this.#send(packet)
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #send(packet: Buffer): void {
    this.#socket.write(this.#overWebSocket ? toWebSocketFrame(packet) : packet)
  }

  #take(data: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data
    if (!this.#isUpgraded) {
      const headEnd = bytes.indexOf('\r\n\r\n')
      if (headEnd >= 0) {
        this.#isUpgraded = true
        this.#send(this.#hello)
        bytes = bytes.subarray(headEnd + 4)
      }
    }
    const rest = !this.#isUpgraded
      ? bytes
      : this.#overWebSocket
        ? this.#takeMessages(bytes)
        : this.#takePackets(bytes)
    this.#rest = rest.length > 0 ? Buffer.from(rest) : NOTHING
  }

  /** Servers do not mask, and do not cut such small messages into several frames. */
  #takeMessages(bytes: Buffer): Buffer {
    let at = 0
    for (;;) {
      const short = bytes[at + 1]
      if (short === undefined) return bytes.subarray(at)
      const headLength = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length < at + headLength) return bytes.subarray(at)
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2))
      const end = at + headLength + length
      if (bytes.length < end) return bytes.subarray(at)
      if (((bytes[at] as number) & 0x0f) === 2) this.#takeMessage(bytes.subarray(at + headLength, end))
      at = end
    }
  }

  /** Some brokers write a packet in several messages. */
  #takeMessage(bytes: Buffer): void {
    const rest = this.#takePackets(this.#begun.length > 0 ? Buffer.concat([this.#begun, bytes]) : bytes)
    this.#begun = rest.length > 0 ? Buffer.from(rest) : NOTHING
  }

  #takePackets(bytes: Buffer): Buffer {
    let at = 0
    for (;;) {
      let length = 0
      let head = at + 1
      for (let shift = 0; ; shift += 7, head += 1) {
        const byte = bytes[head]
        if (byte === undefined) return bytes.subarray(at)
        length += (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      head += 1
      if (bytes.length < head + length) return bytes.subarray(at)
      this.#takePacket((bytes[at] as number) >> 4, bytes, head, head + length)
      at = head + length
    }
  }

  #takePacket(type: number, bytes: Buffer, from: number, to: number): void {
    if (type === 3) this.options.onPublish?.(bytes.subarray(from, to))
    else if (type === 2) this.#accept(bytes[from + 1] as number)
    else if (type === 9) this.#onSuback.shift()?.()
  }
}

/** Where the payload of a QoS 0 PUBLISH begins in its body. */
export function payloadOf(body: Buffer): Buffer {
  return body.subarray(2 + body.readUInt16BE(0))
}

/** A client's frame is masked; the mask may be nothing but zeros. */
function toWebSocketFrame(packet: Buffer): Buffer {
  const { length } = packet
  const head = length < 126 ? [0x82, 0x80 | length] : [0x82, 0xfe, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), packet])
}
