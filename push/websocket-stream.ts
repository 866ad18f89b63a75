import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/**
 * A WebSocket as the byte stream that Aedes expects. Unlike ws's own `createWebSocketStream`, every outgoing
 * message is one whole MQTT packet, however many writes it was made of: old clients parse each message by
 * itself. (yun2win.md §2.2)
 */
export class WebSocketStream extends Duplex {
  /** The beginning of a packet whose rest has not been written yet. */
  #unsent: Buffer = Buffer.alloc(0)

  constructor(private readonly ws: WebSocket) {
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
    const last = packets.pop()
    for (const packet of packets) this.ws.send(packet)
    if (last) this.ws.send(last, done)
    else done()
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
