import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/**
 * A WebSocket as the byte stream that Aedes expects. Unlike ws's own `createWebSocketStream`, every outgoing
 * message is one whole MQTT packet, however many writes it was made of: old clients parse each message by
 * itself. (yun2win.md §2.2) All messages of one write go to the socket as one piece, framed here: ws would take two
 * writes for each.
 */
export class WebSocketStream extends Duplex {
  /** The beginning of a packet whose rest has not been written yet. */
  #unsent: Buffer = Buffer.alloc(0)

  /** `socket` is the one that `ws` speaks on, without compression. */
  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Duplex,
  ) {
    super()
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      // What still comes then would fill the buffer and stop the reading, also of the end.
      if (this.destroyed) return
      if (!isBinary) this.destroy(new Error('MQTT comes in binary WebSocket messages'))
      else if (!this.push(data)) ws.pause()
    })
    ws.on('close', () => this.push(null))
    ws.on('error', (error) => this.destroy(error))
  }

  override _read(): void {
    if (this.ws.isPaused) this.ws.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const { packets, rest } = splitPackets(
      this.#unsent.length > 0 ? Buffer.concat([this.#unsent, bytes]) : bytes,
    )
    this.#unsent = rest
    if (packets.length === 0) done()
    else if (this.ws.readyState !== WebSocket.OPEN) done(new Error('the WebSocket is closing'))
    // Not with `done` as the callback: that comes a tick later, at a price for each write.
    else if (this.socket.write(toMessages(packets))) done()
    else this.#afterDrain(done)
  }

  #afterDrain(done: (error?: Error | null) => void): void {
    const { socket } = this
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      done(socket.destroyed ? new Error('the WebSocket was closed') : null)
    }
    socket.on('drain', settle).on('close', settle)
  }

  override _final(done: () => void): void {
    this.ws.close()
    done()
  }

  /** With an error the socket is cut at once; without, what has been sent still gets out. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error) this.ws.terminate()
    else {
      this.ws.resume()
      this.ws.close()
    }
    done(error)
  }
}

const FINAL_BINARY = 0x82
/** Before 126 bytes and more, their number follows in 2 bytes or in 8. (RFC 6455 §5.2) */
const [IN_2_BYTES, IN_8_BYTES] = [126, 127]

/** A message for each packet. A server masks nothing. */
function toMessages(packets: Buffer[]): Buffer {
  const headLength = ({ length }: Buffer) => (length < IN_2_BYTES ? 2 : length < 2 ** 16 ? 4 : 10)
  const messages = Buffer.allocUnsafe(
    packets.reduce((sum, packet) => sum + headLength(packet) + packet.length, 0),
  )
  let at = 0
  for (const packet of packets) {
    const { length } = packet
    const head = headLength(packet)
    messages[at] = FINAL_BINARY
    messages[at + 1] = head === 2 ? length : head === 4 ? IN_2_BYTES : IN_8_BYTES
    if (head === 4) messages.writeUInt16BE(length, at + 2)
    if (head === 10) messages.writeBigUInt64BE(BigInt(length), at + 2)
    packet.copy(messages, at + head)
    at += head + length
  }
  return messages
}

function splitPackets(bytes: Buffer): { packets: Buffer[]; rest: Buffer } {
  const packets: Buffer[] = []
  let rest = bytes
  for (let length = packetLength(rest); length <= rest.length; length = packetLength(rest)) {
    packets.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { packets, rest }
}

/** Length in bytes of the packet that begins here; infinite when its header is not complete. */
function packetLength(bytes: Buffer): number {
  let bodyLength = 0
  for (let at = 1; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    bodyLength += (byte & 0x7f) << (7 * (at - 1))
    if (byte < 0x80) return at + 1 + bodyLength
  }
  return Number.POSITIVE_INFINITY
}
