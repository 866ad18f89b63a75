import { generate } from 'mqtt-packet'

/** A PUBLISH packet, at QoS 0 as everything that push sends. */
export function encodePublish(topic: string, payload: Buffer): Buffer {
  return generate({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false })
}

/** Frames are JSON objects. Throws RangeError when nested more deeply than can be written. */
export function encodeFrame(frame: object): Buffer {
  return Buffer.from(JSON.stringify(frame))
}
