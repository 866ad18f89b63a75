import { randomUUID } from 'node:crypto'
import { generate } from 'mqtt-packet'
import { Device, type DeviceOptions, payloadOf } from '../tools/device.js'

/** Devices of one server over one transport, one that publishes to them all, and the API of Nudge. */
interface Crowd {
  devices: Device[]
  sender?: Device
  announcer?: Device
  /** What to do with a PUBLISH that a device, or the announcer, has got. */
  onDelivery: (device: number, payload: Buffer) => void
  onAnswer: (payload: Buffer) => void
  lost: number
}

export interface Login {
  username?: string
  password?: string
}

const AT_ONCE = 250

const crowds = new Map<string, Crowd>()

/** Connects everybody. Peers' devices subscribe to a `topic`; Nudge's need not. */
export async function gather(wanted: {
  crowd: string
  port: number
  overWebSocket: boolean
  topic?: string
  devices: Login[]
  sender: Login
  announcer?: Login
}): Promise<void> {
  const { port, overWebSocket, topic } = wanted
  const crowd: Crowd = { devices: [], onDelivery() {}, onAnswer() {}, lost: 0 }
  const open = async (login: Login, onPublish?: DeviceOptions['onPublish']) => {
    const clientId = `1w${randomUUID()}`
    const onLost = () => {
      crowd.lost += 1
    }
    const device = new Device({
      port,
      overWebSocket,
      clientId,
      ...login,
      ...(onPublish && { onPublish }),
      onLost,
    })
    await device.accepted
    return device
  }
  // Many at a time: over WebSocket mosquitto takes its time for each.
  for (let first = 0; first < wanted.devices.length; first += AT_ONCE) {
    const some = wanted.devices.slice(first, first + AT_ONCE).map(async (login, n) => {
      const device = await open(login, (body) => crowd.onDelivery(first + n, payloadOf(body)))
      if (topic !== undefined) await device.subscribe(topic)
      return device
    })
    crowd.devices.push(...(await Promise.all(some)))
  }
  crowd.sender = await open(wanted.sender)
  if (wanted.announcer) {
    crowd.announcer = await open(wanted.announcer, (body) => crowd.onAnswer(payloadOf(body)))
  }
  crowds.set(wanted.crowd, crowd)
}

export interface Sent {
  messages: number
  deliveries: number
  seconds: number
  /** For each message, the ms from its PUBLISH to the last device that got it. */
  lastMs: number[]
}

/**
 * Publishes `payload` for so long, `window` messages on their way at a time: the next one goes when one has reached
 * the last device. Ends when every device has got every message. Rejects when one gets too many, or the rest stays away.
 */
export async function sendToAll(wanted: {
  crowd: string
  topic: string
  payload: string
  /** What a device gets, when it is not what is sent. Other packets are not counted. */
  receivedBytes: number
  window: number
  forMs: number
}): Promise<Sent> {
  const crowd = crowdOf(wanted.crowd)
  const packet = publishPacket(wanted.topic, wanted.payload)
  const got = new Uint32Array(crowd.devices.length)
  const sentAt: number[] = []
  const reached: number[] = []
  const lastMs: number[] = []
  const began = performance.now()
  let deliveries = 0
  await settle(crowd, (done) => {
    const send = () => {
      sentAt.push(performance.now())
      reached.push(0)
      crowd.sender?.publish(packet)
    }
    crowd.onDelivery = (device, { length }) => {
      if (length !== wanted.receivedBytes) return
      // They come in order, so it is this one.
      const message = (got[device] as number)++
      if (message >= reached.length) throw new Error('a device got more than was sent')
      deliveries += 1
      reached[message] = (reached[message] as number) + 1
      if (reached[message] !== crowd.devices.length) return
      const now = performance.now()
      lastMs.push(now - (sentAt[message] as number))
      if (now - began < wanted.forMs) send()
      else if (lastMs.length === sentAt.length) done()
    }
    for (let n = 0; n < wanted.window; n += 1) send()
  })
  return { messages: sentAt.length, deliveries, seconds: (performance.now() - began) / 1000, lastMs }
}

export interface Announced {
  /** Announced. */
  messages: number
  /** Notifications that the devices got, together. */
  deliveries: number
  seconds: number
}

/**
 * Announces a new stamp of the session again and again, as the API does, `window` at a time: the next one goes when
 * one is acknowledged. Ends when all are, and every device has been told of the newest stamp.
 */
export async function announceToAll(wanted: {
  crowd: string
  topic: string
  mts: number
  syncs: unknown[]
  window: number
  forMs: number
}): Promise<Announced> {
  const crowd = crowdOf(wanted.crowd)
  const { topic, mts, syncs } = wanted
  const first = Date.now()
  const newest = new Float64Array(crowd.devices.length)
  const began = performance.now()
  let [sent, acknowledged, deliveries] = [0, 0, 0]
  await settle(crowd, (done) => {
    let told = 0
    const send = () => {
      sent += 1
      told = 0
      const frame = { cmd: 'announce', y2wMessageId: `${sent}`, stamp: first + sent, mts, syncs }
      crowd.announcer?.publish(publishPacket(topic, JSON.stringify(frame)))
    }
    const endWhenTold = () => {
      if (acknowledged === sent && told === newest.length) done()
    }
    crowd.onAnswer = (payload) => {
      const { returnCode } = JSON.parse(payload.toString())
      if (returnCode !== 20) throw new Error(`an announcement was answered with ${returnCode}`)
      acknowledged += 1
      if (performance.now() - began < wanted.forMs) send()
      else endWhenTold()
    }
    crowd.onDelivery = (device, payload) => {
      const stamp = Number(/"stamp":(\d+)/.exec(payload.toString('latin1'))?.[1])
      if (!stamp) return
      deliveries += 1
      if (stamp <= (newest[device] as number)) throw new Error('a device was told of a stamp that it knew')
      newest[device] = stamp
      if (stamp === first + sent) told += 1
      endWhenTold()
    }
    for (let n = 0; n < wanted.window; n += 1) send()
  })
  return { messages: sent, deliveries, seconds: (performance.now() - began) / 1000 }
}

/** Everybody of a crowd goes. */
export async function disperse(name: string): Promise<void> {
  const { devices, sender, announcer } = crowdOf(name)
  crowds.delete(name)
  for (const device of [...devices, sender, announcer]) device?.close()
}

function crowdOf(name: string): Crowd {
  const crowd = crowds.get(name)
  if (!crowd) throw new Error(`no devices are connected for ${name}`)
  return crowd
}

/** Runs until `done` is called; not for ever, and not when devices lose their connection. */
async function settle(crowd: Crowd, run: (done: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('not everything that was sent has come')), 60_000)
      run(resolve)
    })
  } finally {
    clearTimeout(timer)
    crowd.onDelivery = () => {}
    crowd.onAnswer = () => {}
  }
  if (crowd.lost > 0) throw new Error(`${crowd.lost} devices lost their connection`)
}

function publishPacket(topic: string, payload: string): Buffer {
  return generate({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false })
}
