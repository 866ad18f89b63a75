/**
 * The part of MQTT 3.1.1 that a client of push needs, on byte arrays: mqtt-packet would bring Node's Buffer and
 * streams into browsers, and be as large as the rest of the SDK. The numbers in brackets are the standard's.
 */

/** Bytes that are no MQTT, or a value that does not fit into it. */
export class PacketError extends Error {
  override readonly name = 'PacketError'
}

/** What a server may send to a client that subscribes to nothing and publishes at QoS 0. */
export type Packet =
  | { cmd: 'connack'; code: number }
  | { cmd: 'publish'; topic: string; payload: Uint8Array; qos: 0 }
  | { cmd: 'publish'; topic: string; payload: Uint8Array; qos: 1 | 2; messageId: number }
  | { cmd: 'pubrel'; messageId: number }
  | { cmd: 'pingresp' }

/** First bytes: the type, and the flags as they have to be. (2.2) */
const Head = {
  connect: 0x10,
  connack: 0x20,
  publish: 0x30,
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  pingreq: 0xc0,
  pingresp: 0xd0,
  disconnect: 0xe0,
} as const

/** User name, password, clean session; no will. (3.1.2) */
const CONNECT_FLAGS = 0b1100_0010
/** 'MQTT' with its length, and the level of 3.1.1. */
const PROTOCOL = [0, 4, 0x4d, 0x51, 0x54, 0x54, 4]
const MAX_FIELD_BYTES = 65_535
/** Of the remaining length. (2.2.3) */
const MAX_LENGTH_BYTES = 4
const MAX_BODY_BYTES = 128 ** MAX_LENGTH_BYTES - 1

export interface Connect {
  clientId: string
  username: string
  password: string
  /** At most 65535; 0: none. */
  keepaliveS: number
}

export function encodeConnect({ clientId, username, password, keepaliveS }: Connect): Uint8Array {
  if (!Number.isInteger(keepaliveS) || keepaliveS < 0 || keepaliveS > 0xffff) {
    throw new PacketError(`${keepaliveS} is no keepalive`)
  }
  return encode(
    Head.connect,
    [...PROTOCOL, CONNECT_FLAGS, ...twoBytes(keepaliveS)],
    ...[clientId, username, password].flatMap(field),
  )
}

/** At QoS 0. */
export function encodePublish(topic: string, payload: string): Uint8Array {
  return encode(Head.publish, ...field(topic), new TextEncoder().encode(payload))
}

export function encodeAck(cmd: 'puback' | 'pubrec' | 'pubcomp', messageId: number): Uint8Array {
  return encode(Head[cmd], twoBytes(messageId))
}

export function encodePingreq(): Uint8Array {
  return encode(Head.pingreq)
}

export function encodeDisconnect(): Uint8Array {
  return encode(Head.disconnect)
}

function encode(head: number, ...parts: ArrayLike<number>[]): Uint8Array {
  const bodyLength = parts.reduce((sum, { length }) => sum + length, 0)
  const header = [head, ...lengthBytes(bodyLength)]
  const packet = new Uint8Array(header.length + bodyLength)
  let at = 0
  for (const part of [header, ...parts]) {
    packet.set(part, at)
    at += part.length
  }
  return packet
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. (2.2.3) */
function lengthBytes(length: number): number[] {
  if (length > MAX_BODY_BYTES) throw new PacketError(`${length} bytes are too many for a packet`)
  const bytes: number[] = []
  for (let rest = length; rest > 0 || bytes.length === 0; rest >>= 7) {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  }
  return bytes
}

function field(text: string): ArrayLike<number>[] {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > MAX_FIELD_BYTES) throw new PacketError(`${bytes.length} bytes are too many for a field`)
  return [twoBytes(bytes.length), bytes]
}

function twoBytes(value: number): [number, number] {
  return [value >> 8, value & 0xff]
}

/** Makes packets of bytes that come in chunks, which may be cut anywhere. */
export class PacketReader {
  /** What was read ends at `#start`, what came ends at `#end`; behind that is room. */
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0

  /** Larger packets are refused as soon as their length is known. */
  constructor(private readonly maxBytes = 1024 * 1024) {}

  /** The chunk may be kept, and parts of it given out as payloads. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#start === this.#end) {
      // Nearly always: chunks end where packets do.
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      return
    }
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /**
   * The next packet, or undefined when it has not come as a whole. Throws `PacketError` for what is no packet, and
   * can go on after that no more.
   */
  next(): Packet | undefined {
    const header = this.#readHeader()
    if (!header || header.bodyEnd > this.#end) return undefined
    const packet = parse(header.head, this.#bytes.subarray(header.bodyStart, header.bodyEnd))
    this.#start = header.bodyEnd
    return packet
  }

  /** Undefined when it has not come as a whole. */
  #readHeader(): { head: number; bodyStart: number; bodyEnd: number } | undefined {
    const head = this.#byteAt(this.#start)
    if (head === undefined) return undefined
    if (!isExpected(head)) throw new PacketError(`0x${head.toString(16)} begins no packet`)
    let bodyLength = 0
    for (let count = 0; count < MAX_LENGTH_BYTES; count += 1) {
      const bodyStart = this.#start + 2 + count
      const byte = this.#byteAt(bodyStart - 1)
      if (byte === undefined) return undefined
      bodyLength += (byte & 0x7f) * 128 ** count
      if (bodyLength > this.maxBytes) throw new PacketError(`a packet of ${bodyLength} bytes or more`)
      if (byte < 0x80) return { head, bodyStart, bodyEnd: bodyStart + bodyLength }
    }
    throw new PacketError('a length of more than four bytes')
  }

  #byteAt(at: number): number | undefined {
    return at < this.#end ? this.#bytes[at] : undefined
  }

  /** Into new memory, because payloads that were given out lie in the old; doubled, so that bytes move rarely. */
  #makeRoom(length: number): void {
    const rest = this.#bytes.subarray(this.#start, this.#end)
    this.#bytes = new Uint8Array(2 * (rest.length + length))
    this.#bytes.set(rest)
    this.#start = 0
    this.#end = rest.length
  }
}

/** Whether a packet that servers send may begin so; flags are part of that. (2.2.2) */
function isExpected(head: number): boolean {
  if ((head & 0xf0) === Head.publish) return qosOf(head) <= 2
  return head === Head.connack || head === Head.pubrel || head === Head.pingresp
}

function qosOf(head: number): number {
  return (head >> 1) & 3
}

/** `head` is an expected one. */
function parse(head: number, body: Uint8Array): Packet {
  const fields = new Fields(body)
  if (head === Head.connack) {
    if (fields.byte() > 1) throw new PacketError('a CONNACK with reserved flags')
    const code = fields.byte()
    fields.end()
    return { cmd: 'connack', code }
  }
  if (head === Head.pubrel) {
    const messageId = fields.messageId()
    fields.end()
    return { cmd: 'pubrel', messageId }
  }
  if (head === Head.pingresp) {
    fields.end()
    return { cmd: 'pingresp' }
  }
  const qos = qosOf(head) as 0 | 1 | 2
  const topic = fields.text()
  if (qos === 0) return { cmd: 'publish', topic, payload: fields.rest(), qos }
  const messageId = fields.messageId()
  return { cmd: 'publish', topic, payload: fields.rest(), qos, messageId }
}

/** Reads a packet's body from its beginning to its end. */
class Fields {
  #at = 0

  constructor(private readonly body: Uint8Array) {}

  byte(): number {
    const byte = this.body[this.#at]
    if (byte === undefined) throw new PacketError('a packet that is too short')
    this.#at += 1
    return byte
  }

  /** Not 0. (2.3.1) */
  messageId(): number {
    const id = this.#number()
    if (id === 0) throw new PacketError('a packet with id 0')
    return id
  }

  /** UTF-8 without surrogates and NUL; a byte order mark is a character like others. (1.5.3) */
  text(): string {
    const end = this.#number() + this.#at
    if (end > this.body.length) throw new PacketError('a text that is longer than its packet')
    const bytes = this.body.subarray(this.#at, end)
    this.#at = end
    if (bytes.includes(0)) throw new PacketError('a text with a NUL')
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw new PacketError('a text that is not UTF-8')
    }
  }

  rest(): Uint8Array {
    return this.body.subarray(this.#at)
  }

  end(): void {
    if (this.#at < this.body.length) throw new PacketError('a packet that is too long')
  }

  #number(): number {
    return this.byte() * 256 + this.byte()
  }
}
