import type { Duplex } from 'node:stream'

/** The largest single write: a reader that is slow but alive takes one in time, a dead one none. */
const MAX_WRITE_BYTES = 64 * 1024

export interface OutgoingLimits {
  /** Bytes that wait for one slow reader; when there are more, it is dropped. */
  maxUnsentBytes: number
  /** How long (ms) a reader may take for what was written to it, at most 64 KiB. */
  stallTimeoutMs: number
}

/** A notification that says where to look, and nothing else: only the newest of a key is worth sending. */
export interface State {
  key: string
  /** Stamp (ms) of the newest change the API told of; undefined: a member's word, which some clients believe and some not. */
  stamp: number | undefined
}

type Waiting = Map<string | number, { packet: Buffer; state: State | undefined }>

/** Never written to: of most connections nothing waits, and a map each would be memory for nothing. */
const NOTHING: Waiting = new Map()

/**
 * What one connection has still to be sent. Packets of a tick go out in one write, and while the reader is behind,
 * a state that waits already is renewed in its place, not queued again.
 */
export class Outgoing {
  #waiting: Waiting = NOTHING
  #bytes = 0
  #sequence = 0
  #stall: NodeJS.Timeout | undefined

  /** `onStuck` is called when the reader has to be given up, with the reason. */
  constructor(
    private readonly conn: Duplex,
    private readonly limits: OutgoingLimits,
    private readonly onStuck: (reason: 'slow' | 'dead') => void,
  ) {}

  /** Bytes that the reader has not taken. */
  get unsentBytes(): number {
    return this.#bytes + this.conn.writableLength
  }

  /** Sends a whole MQTT packet at the end of this tick, or when the reader is ready for it. */
  put(packet: Buffer, state?: State): void {
    if (!this.conn.writable) return
    const key = state ? placeOf(state) : this.#sequence++
    const waiting = this.#waiting.get(key)
    if (waiting) {
      if (!renews(state, waiting.state)) return
      this.#bytes -= waiting.packet.length
    } else if (this.unsentBytes > this.limits.maxUnsentBytes) {
      this.onStuck('slow')
      return
    }
    if (this.#waiting === NOTHING) this.#waiting = new Map()
    this.#waiting.set(key, { packet, state })
    this.#bytes += packet.length
    if (this.#stall === undefined) flushSoon(this)
  }

  /** Sends a last packet instead of whatever waits, and ends the connection. */
  end(packet: Buffer): void {
    this.#waiting = NOTHING
    this.#bytes = 0
    if (this.conn.writable) this.conn.end(packet)
  }

  /** Writes what waits, as far as the reader takes it. */
  flush(): void {
    while (this.#waiting.size > 0 && this.conn.writable && !this.conn.writableNeedDrain) {
      this.conn.write(this.#takeBatch())
    }
    if (this.#waiting.size === 0) this.#waiting = NOTHING
    else if (this.conn.writable) this.#resumeOnDrain()
  }

  #takeBatch(): Buffer {
    const packets: Buffer[] = []
    let bytes = 0
    for (const [key, { packet }] of this.#waiting) {
      if (bytes > 0 && bytes + packet.length > MAX_WRITE_BYTES) break
      packets.push(packet)
      bytes += packet.length
      this.#waiting.delete(key)
    }
    this.#bytes -= bytes
    return packets.length === 1 ? (packets[0] as Buffer) : Buffer.concat(packets, bytes)
  }

  #resumeOnDrain(): void {
    if (this.#stall !== undefined) return
    const go = () => {
      clearTimeout(this.#stall)
      this.#stall = undefined
      this.conn.off('drain', go).off('close', go)
      this.flush()
    }
    this.#stall = setTimeout(() => this.onStuck('dead'), this.limits.stallTimeoutMs)
    this.#stall.unref()
    this.conn.once('drain', go).once('close', go)
  }
}

/** What a member says about a session must not take the place of what the API says: only that has a stamp. */
export function placeOf({ key, stamp }: State): string {
  return stamp === undefined ? `member ${key}` : `api ${key}`
}

/** Whether a state says more than one that waits in the same place. */
export function renews(state: State | undefined, waiting: State | undefined): boolean {
  return state?.stamp !== undefined && waiting?.stamp !== undefined && state.stamp > waiting.stamp
}

const due = new Set<Outgoing>()

/** One timer a tick for all connections, however many have something to send. */
function flushSoon(outgoing: Outgoing): void {
  if (due.size === 0) setImmediate(flushDue)
  due.add(outgoing)
}

/** Writes what everybody has to send, for who knows that the tick has no more. */
export function flushDue(): void {
  const now = [...due]
  due.clear()
  for (const outgoing of now) outgoing.flush()
}
