import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { generate, type Packet as LibraryPacket, parser } from 'mqtt-packet'
import {
  type Connect,
  encodeAck,
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePublish,
  type Packet,
  PacketError,
  PacketReader,
} from './packets.js'

const hex = (digits: string) => Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'))

/** Any text that UTF-8 has. */
const text = (maxLength = 300) => fc.string({ unit: 'binary', maxLength })
const messageId = fc.integer({ min: 1, max: 65_535 })
const topic = text().filter((topic) => topic !== '' && !topic.includes('\0'))

/** Everything that servers send, as mqtt-packet wants it. */
const serverPacket: fc.Arbitrary<LibraryPacket> = fc.oneof(
  fc.record({
    cmd: fc.constant('connack' as const),
    returnCode: fc.integer({ min: 0, max: 255 }),
    sessionPresent: fc.boolean(),
  }),
  fc.record({
    cmd: fc.constant('publish' as const),
    topic,
    // A body of three bytes' length now and then.
    payload: fc.oneof(text(), text(20_000)),
    qos: fc.constantFrom(0, 1, 2),
    messageId,
    dup: fc.boolean(),
    retain: fc.boolean(),
  }),
  fc.record({ cmd: fc.constant('pubrel' as const), messageId }),
  fc.constant({ cmd: 'pingresp' as const }),
)

/** What of it a client needs to know; the payload as text, for messages that people can read. */
function reduced(packet: LibraryPacket): object {
  if (packet.cmd === 'connack') return { cmd: 'connack', code: packet.returnCode }
  if (packet.cmd === 'pubrel') return { cmd: 'pubrel', messageId: packet.messageId }
  if (packet.cmd !== 'publish') return { cmd: packet.cmd }
  const { topic, payload, qos, messageId } = packet
  return { cmd: 'publish', topic, payload: payload.toString(), qos, ...(qos > 0 && { messageId }) }
}

function readable(packet: Packet): object {
  return packet.cmd === 'publish' ? { ...packet, payload: Buffer.from(packet.payload).toString() } : packet
}

/** What a reader makes of the chunks, and what it refuses. */
function read(chunks: Uint8Array[], reader = new PacketReader()): { packets: object[]; error?: unknown } {
  const packets: object[] = []
  const maxPackets = chunks.reduce((sum, { length }) => sum + length, 0) / 2
  try {
    for (const chunk of chunks) {
      reader.add(Uint8Array.from(chunk))
      for (let packet = reader.next(); packet; packet = reader.next()) {
        packets.push(readable(packet))
        if (packets.length > maxPackets) throw new Error('packets out of nothing')
      }
    }
  } catch (error) {
    return { packets, error }
  }
  return { packets }
}

function readByLibrary(bytes: Uint8Array): { packets: LibraryPacket[]; error?: unknown } {
  const result: { packets: LibraryPacket[]; error?: unknown } = { packets: [] }
  const library = parser({ protocolVersion: 4 })
  library.on('packet', (packet) => result.packets.push(packet))
  library.on('error', (error) => {
    result.error = error
  })
  library.parse(Buffer.from(bytes))
  return result
}

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const places = fc.array(fc.nat(), { maxLength: 30 })

describe('what we write, mqtt-packet reads', () => {
  const one = (bytes: Uint8Array) => {
    const { packets, error } = readByLibrary(bytes)
    expect(error).toBeUndefined()
    expect(packets).toHaveLength(1)
    return packets[0]
  }

  test('CONNECT', () => {
    const connect: fc.Arbitrary<Connect> = fc.record({
      clientId: text(),
      username: text(),
      password: text(2000),
      keepaliveS: fc.integer({ min: 0, max: 65_535 }),
    })
    fc.assert(
      fc.property(connect, (connect) => {
        expect(one(encodeConnect(connect))).toMatchObject({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          clientId: connect.clientId,
          username: connect.username,
          password: Buffer.from(connect.password),
          keepalive: connect.keepaliveS,
        })
        expect(one(encodeConnect(connect))).not.toHaveProperty('will')
      }),
    )
  })

  test('PUBLISH', () => {
    fc.assert(
      fc.property(topic, fc.oneof(text(), text(20_000)), (topic, payload) => {
        expect(one(encodePublish(topic, payload))).toMatchObject({
          cmd: 'publish',
          topic,
          payload: Buffer.from(payload),
          qos: 0,
          dup: false,
          retain: false,
        })
      }),
    )
  })

  test.each([0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000])('a body of %d bytes more', (length) => {
    expect(one(encodePublish('t', 'x'.repeat(length)))).toMatchObject({ payload: { length } })
  })

  test('acknowledgements', () => {
    const cmds = fc.constantFrom('puback' as const, 'pubrec' as const, 'pubcomp' as const)
    fc.assert(
      fc.property(cmds, messageId, (cmd, messageId) => {
        expect(one(encodeAck(cmd, messageId))).toMatchObject({ cmd, messageId })
      }),
    )
  })

  test('PINGREQ and DISCONNECT', () => {
    expect(one(encodePingreq())).toMatchObject({ cmd: 'pingreq', length: 0 })
    expect(one(encodeDisconnect())).toMatchObject({ cmd: 'disconnect', length: 0 })
  })

  test.each<{ title: string; encode: () => unknown }>([
    { title: 'a topic', encode: () => encodePublish('t'.repeat(65_536), '') },
    {
      title: 'a password',
      encode: () =>
        encodeConnect({ clientId: '', username: '', password: 'ü'.repeat(32_768), keepaliveS: 0 }),
    },
    ...[-1, 65_536, 0.5, Number.NaN].map((keepaliveS) => ({
      title: `a keepalive of ${keepaliveS}`,
      encode: () => encodeConnect({ clientId: '', username: '', password: '', keepaliveS }),
    })),
  ])('$title that does not fit is refused', ({ encode }) => {
    expect(encode).toThrow(PacketError)
  })
})

describe('what mqtt-packet writes, we read', () => {
  test('whole, cut anywhere, and many at a time', () => {
    fc.assert(
      fc.property(fc.array(serverPacket, { maxLength: 10 }), places, (packets, places) => {
        const bytes = Buffer.concat(packets.map((packet) => generate(packet)))
        const expected = { packets: packets.map(reduced) }
        expect(read([bytes])).toEqual(expected)
        expect(read(cut(bytes, places))).toEqual(expected)
      }),
    )
  })

  test('byte by byte', () => {
    fc.assert(
      fc.property(fc.array(serverPacket, { maxLength: 3 }), (packets) => {
        const bytes = Buffer.concat(packets.map((packet) => generate(packet)))
        expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual({ packets: packets.map(reduced) })
      }),
      { numRuns: 30 },
    )
  })

  test('payloads stay what they are while others come', () => {
    const packet = (payload: string) =>
      generate({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain: false })
    const bytes = Buffer.concat(['a', 'b', 'c', 'd'].map((letter) => packet(letter.repeat(50))))
    for (let size = 1; size < bytes.length; size += 1) {
      const reader = new PacketReader()
      const packets: Packet[] = []
      for (let at = 0; at < bytes.length; at += size) {
        reader.add(Uint8Array.from(bytes.subarray(at, at + size)))
        for (let packet = reader.next(); packet; packet = reader.next()) packets.push(packet)
      }
      expect(packets.map(readable)).toMatchObject(
        ['a', 'b', 'c', 'd'].map((letter) => ({ payload: letter.repeat(50) })),
      )
    }
  })

  test('a packet of the largest size in tiny pieces, in no time', () => {
    const payload = 'x'.repeat(1024 * 1024 - 3)
    const bytes = generate({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain: false })
    const reader = new PacketReader()
    const startedAt = performance.now()
    const packets: Packet[] = []
    for (let at = 0; at < bytes.length; at += 16) {
      reader.add(Uint8Array.from(bytes.subarray(at, at + 16)))
      const packet = reader.next()
      if (packet) packets.push(packet)
    }
    expect(packets).toMatchObject([{ payload: { length: payload.length } }])
    // Moving the bytes with every piece would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})

describe('what is no packet is refused', () => {
  test.each([
    { title: 'a length of five bytes', bytes: '30 ff ff ff ff 01' },
    { title: 'a length of more than the limit', bytes: '30 81 80 40' },
    { title: 'a length that is over the limit before it ends', bytes: '30 ff ff ff' },
    { title: 'HTTP', bytes: Buffer.from('HTTP/1.1 400 Bad Request').toString('hex') },
    { title: 'CONNECT', bytes: '10 00' },
    { title: 'PUBACK', bytes: '40 02 00 01' },
    { title: 'SUBACK', bytes: '90 03 00 01 00' },
    { title: 'PINGREQ', bytes: 'c0 00' },
    { title: 'DISCONNECT', bytes: 'e0 00' },
    { title: 'the type 0', bytes: '00 00' },
    { title: 'the type 15', bytes: 'f0 00' },
    { title: 'CONNACK with flags', bytes: '21 02 00 00' },
    { title: 'CONNACK with reserved bits', bytes: '20 02 02 00' },
    { title: 'CONNACK without a code', bytes: '20 01 00' },
    { title: 'an empty CONNACK', bytes: '20 00' },
    { title: 'CONNACK with more behind', bytes: '20 03 00 00 00' },
    { title: 'PINGRESP with something in it', bytes: 'd0 01 00' },
    { title: 'PUBREL without flags', bytes: '60 02 00 01' },
    { title: 'PUBREL without an id', bytes: '62 01 00' },
    { title: 'PUBREL of id 0', bytes: '62 02 00 00' },
    { title: 'PUBREL with more behind', bytes: '62 03 00 01 00' },
    { title: 'PUBLISH at QoS 3', bytes: '36 05 00 01 74 00 01' },
    { title: 'an empty PUBLISH', bytes: '30 00' },
    { title: 'PUBLISH with half a length', bytes: '30 01 00' },
    { title: 'a topic longer than its packet', bytes: '30 03 00 02 74' },
    { title: 'a topic that is not UTF-8', bytes: '30 03 00 01 ff' },
    { title: 'a topic with a surrogate', bytes: '30 05 00 03 ed a0 80' },
    { title: 'a topic with a NUL', bytes: '30 03 00 01 00' },
    { title: 'PUBLISH at QoS 1 without an id', bytes: '32 03 00 01 74' },
    { title: 'PUBLISH at QoS 1 with half an id', bytes: '32 04 00 01 74 00' },
    { title: 'PUBLISH at QoS 2 with id 0', bytes: '34 05 00 01 74 00 00' },
  ])('$title, after what was right before it', ({ bytes }) => {
    const { packets, error } = read([hex(`d0 00 ${bytes}`)])
    expect(packets).toEqual([{ cmd: 'pingresp' }])
    expect(error).toBeInstanceOf(PacketError)
  })

  test('the limit itself is none', () => {
    const reader = () => new PacketReader(10)
    expect(read([hex('30 0a 00 01 74 00 00 00 00 00 00 00')], reader())).toMatchObject({
      packets: [{ topic: 't' }],
    })
    expect(read([hex('30 0b')], reader()).error).toBeInstanceOf(PacketError)
  })

  test('a byte order mark belongs to the topic', () => {
    expect(read([hex('30 06 00 04 ef bb bf 74')])).toMatchObject({ packets: [{ topic: '\ufefft' }] })
  })
})

describe('whatever comes', () => {
  function checked(bytes: Uint8Array, places: number[]): void {
    const result = read(cut(bytes, places))
    if (result.error) expect(result.error).toBeInstanceOf(PacketError)
    expect(read([bytes])).toEqual(result)
    // What we take, the library takes as the same.
    const expected = readByLibrary(bytes).packets.slice(0, result.packets.length)
    expect(result.packets).toEqual(expected.map(reduced))
  }

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), places, checked), { numRuns: 2000 })
  })

  test('packets with errors in them', () => {
    const head = fc.constantFrom(0x20, 0x30, 0x32, 0x34, 0x62, 0xd0)
    const change = fc.record({ at: fc.nat(), removed: fc.nat(5), added: fc.uint8Array({ maxLength: 5 }) })
    const broken = fc
      .tuple(fc.array(serverPacket, { minLength: 1, maxLength: 5 }), fc.array(change, { maxLength: 4 }), head)
      .map(([packets, changes, head]) => {
        let bytes = [...Buffer.concat(packets.map((packet) => generate(packet))), head]
        for (const { at, removed, added } of changes)
          bytes = bytes.toSpliced(at % bytes.length, removed, ...added)
        return Uint8Array.from(bytes)
      })
    fc.assert(fc.property(broken, places, checked), { numRuns: 1000 })
  })
})
