const PUBLISH = 0x30
/** Before the topic goes its length, in 2 bytes. */
const TOPIC_LENGTH_BYTES = 2

/** A PUBLISH packet, at QoS 0 as everything that push sends. Written by hand, as a fan-out makes one for each user. */
export function encodePublish(topic: string, payload: Buffer): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const length = TOPIC_LENGTH_BYTES + topicBytes + payload.length
  const packet = Buffer.allocUnsafe(1 + sizeOfLength(length) + length)
  packet[0] = PUBLISH
  let at = 1
  for (let left = length; ; left >>= 7, at += 1) {
    packet[at] = left < 0x80 ? left : (left & 0x7f) | 0x80
    if (left < 0x80) break
  }
  at = packet.writeUInt16BE(topicBytes, at + 1)
  at += packet.write(topic, at)
  payload.copy(packet, at)
  return packet
}

/** Lengths are written with 7 bits a byte. (MQTT 3.1.1 §2.2.3) */
function sizeOfLength(length: number): number {
  return length < 2 ** 7 ? 1 : length < 2 ** 14 ? 2 : length < 2 ** 21 ? 3 : 4
}

/** Frames are JSON objects. Throws RangeError when nested more deeply than can be written. */
export function encodeFrame(frame: object): Buffer {
  return Buffer.from(JSON.stringify(frame))
}
