import type { Duplex } from 'node:stream'

/** Follows the fixed headers through a stream of MQTT packets, however it is cut into chunks. (MQTT 3.1.1 §2.2) */
export class PacketMeter {
  #bodyLeft = 0
  #isInLength = false
  #length = 0
  #shift = 0

  constructor(private readonly maxPacketBytes: number) {}

  /** False as soon as a packet says that it is too big, or says nothing sensible. */
  accepts(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, chunk.length - at)
        this.#bodyLeft -= step
        at += step
      } else if (!this.#isInLength) {
        // The byte of packet type and flags.
        this.#isInLength = true
        this.#length = 0
        this.#shift = 0
        at += 1
      } else {
        const byte = chunk[at] as number
        at += 1
        this.#length += (byte & 0x7f) << this.#shift
        this.#shift += 7
        const isLast = byte < 0x80
        if (this.#length > this.maxPacketBytes || (!isLast && this.#shift > 21)) return false
        if (isLast) {
          this.#isInLength = false
          this.#bodyLeft = this.#length
        }
      }
    }
    return true
  }
}

/**
 * Stands between a connection and Aedes, which would buffer a packet of any announced size and read on without
 * end. Aedes takes bytes by `conn.read()`, so that is where they are measured and held back.
 *
 * `isHeld` says that nothing may be read now. Aedes tries again whenever it is done with a packet, so what holds
 * the reading must be such that a packet is still being handled.
 */
export function guardReads(conn: Duplex, maxPacketBytes: number, isHeld: () => boolean): void {
  const meter = new PacketMeter(maxPacketBytes)
  const read = conn.read.bind(conn)
  conn.read = (size?: number) => {
    // Node itself calls read(0) to fill its buffer, which is bounded.
    if (size === 0) return read(0)
    if (isHeld()) return null
    const chunk: Buffer | null = read(size)
    if (chunk === null || meter.accepts(chunk)) return chunk
    conn.destroy(new Error(`a packet is larger than ${maxPacketBytes} bytes`))
    return null
  }
}
