import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate, parser } from 'mqtt-packet'
import pg from 'pg'
import { accessToken, imToken, type Nudge, startNudge } from './tools/nudge.js'
import { createGroups, createPairs, createPeople } from './tools/people.js'
import { openWorkshop } from './tools/workshop.js'

const MEMBERS = 500
/** Members of the large group with a device that is connected, one each. */
const LISTENERS = 50
const SECONDS = 10
const RATES = { low: 10, moderate: 50 }
const WARM_UP = 200
/** How long (ms) after the last message a frame may still come. */
const LAST_WAIT_MS = 5000

const agent = new Agent({ keepAlive: true })

/**
 * How long until a message makes a recipient's device look: from its POST to the frame that names its session with
 * its stamp or a newer one, so that a notification which stands for several messages counts for each of them.
 *
 * Two delays are given, because neither alone is honest. `sent -> frame` begins before the first byte of the POST is
 * written: it holds the whole request, the commit and the notification. `answered -> frame` begins when the answer
 * to the POST has been read whole, which is when the sender knows of the commit: it is what notifying adds to
 * storing. The commit itself cannot be seen from outside; it is a little before the answer, so this delay is a little
 * too short for `commit -> frame`, and it is below zero when the frame overtakes the answer.
 *
 * The server runs in processes of its own, as people start it, over real sockets, with commits that are synced to
 * disk. One process, this one, both sends and listens, so there is one clock; what it spends on parsing 50 devices'
 * frames is in the numbers. Messages are sent when their time has come, whether or not earlier ones are answered.
 */
export async function run(): Promise<void> {
  const workshop = await openWorkshop()
  try {
    print(HEADS)
    let places: Places | undefined
    for (const processes of [1, 2] as const) {
      const nudge = await startNudge({ ...workshop, processes })
      try {
        places ??= await createPlaces(workshop.databaseUrl)
        for (const place of [places.pair, places.group]) {
          for (const rate of [RATES.low, RATES.moderate]) {
            const measured = await measure(nudge, place, rate)
            print([`${processes}`, place.name, `${place.listeners.length}`, `${rate}`, ...cells(measured)])
          }
        }
      } finally {
        await nudge.stop()
      }
    }
  } finally {
    agent.destroy()
    await workshop.close()
  }
}

interface Place {
  name: string
  sessionId: string
  senderId: string
  /** Whose devices are connected. */
  listeners: string[]
}

interface Places {
  pair: Place
  group: Place
}

async function createPlaces(databaseUrl: string): Promise<Places> {
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    const people = await createPeople(db, MEMBERS)
    const [sender, other, ...more] = people as [string, string, ...string[]]
    const [pairId] = (await createPairs(db, [[sender, other]])) as [string]
    const [groupId] = (await createGroups(db, [people])) as [string]
    await db.query('analyze')
    return {
      pair: { name: '1:1', sessionId: pairId, senderId: sender, listeners: [other] },
      group: {
        name: `group of ${MEMBERS}`,
        sessionId: groupId,
        senderId: sender,
        listeners: [other, ...more].slice(0, LISTENERS),
      },
    }
  } finally {
    await db.end()
  }
}

/** A push that has just started lets nobody in until it has asked the API whose logins have ended. */
async function connectListener(port: number, userId: string, sessionId: string): Promise<Listener> {
  for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
    const listener = new Listener(port, userId, sessionId)
    try {
      await listener.ready
      return listener
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

/** A recipient's device: notes when it was told of the session, up to which stamp. */
class Listener {
  readonly told: { at: number; stamp: number }[] = []
  readonly #socket: Socket
  /** Rejects when push closes before it has let the device in. */
  readonly ready: Promise<void>

  constructor(port: number, userId: string, sessionId: string) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const packets = parser()
    this.#socket.on('data', (data) => packets.parse(data))
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error('push let nobody in')))
      packets.on('packet', (packet) => {
        if (packet.cmd !== 'publish') return
        const at = performance.now()
        const frame = JSON.parse(packet.payload.toString())
        if (frame.returnCode === 11) resolve()
        const syncs: { sessionId?: string }[] = frame.message?.syncs ?? []
        if (syncs.some((sync) => sync.sessionId?.endsWith(`_${sessionId}`))) {
          this.told.push({ at, stamp: frame.stamp })
        }
      })
    })
    this.#socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: randomUUID(),
        keepalive: 300,
        username: userId,
        password: Buffer.from(imToken(userId)),
      }),
    )
  }

  isTold(stamp: number): boolean {
    return (this.told.at(-1)?.stamp ?? 0) >= stamp
  }

  close(): void {
    this.#socket.destroy()
  }
}

interface Sent {
  sentAt: number
  answeredAt: number
  stamp: number
}

interface Measured {
  answered: number[]
  sentToFrame: number[]
  answeredToFrame: number[]
  missing: number
}

async function measure({ apiPort, mqttPort }: Nudge, place: Place, rate: number): Promise<Measured> {
  const listeners = await Promise.all(
    place.listeners.map((id) => connectListener(mqttPort, id, place.sessionId)),
  )
  try {
    const token = accessToken(place.senderId)
    const send = () => post(apiPort, place, token)
    await atRate(send, RATES.moderate, WARM_UP)
    const sent = await atRate(send, rate, rate * SECONDS)

    const newest = Math.max(...sent.map(({ stamp }) => stamp))
    for (const deadline = Date.now() + LAST_WAIT_MS; Date.now() < deadline; await sleep(10)) {
      if (listeners.every((listener) => listener.isTold(newest))) break
    }
    const measured: Measured = { answered: [], sentToFrame: [], answeredToFrame: [], missing: 0 }
    for (const { sentAt, answeredAt, stamp } of sent) {
      measured.answered.push(answeredAt - sentAt)
      for (const { told } of listeners) {
        const frame = told.find((each) => each.stamp >= stamp)
        if (!frame) measured.missing += 1
        else {
          measured.sentToFrame.push(frame.at - sentAt)
          measured.answeredToFrame.push(frame.at - answeredAt)
        }
      }
    }
    return measured
  } finally {
    for (const listener of listeners) listener.close()
  }
}

/** Begins `count` sends, each at its time. */
async function atRate(send: () => Promise<Sent>, perSecond: number, count: number): Promise<Sent[]> {
  const began = performance.now()
  const sent: Promise<Sent>[] = []
  for (let n = 0; n < count; n += 1) {
    const waitMs = began + (n * 1000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    sent.push(send())
  }
  return Promise.all(sent)
}

function post(port: number, { sessionId, senderId }: Place, token: string): Promise<Sent> {
  const body = JSON.stringify({ sender: senderId, type: 'text', content: '{"text":"are you there?"}' })
  return new Promise((resolve, reject) => {
    const sentAt = performance.now()
    const req = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/v1/sessions/${sessionId}/messages`,
      agent,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    })
    req.on('error', reject)
    req.on('response', (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      res.on('end', () => {
        const answeredAt = performance.now()
        if (res.statusCode !== 200) return reject(new Error(`${res.statusCode} ${text}`))
        resolve({ sentAt, answeredAt, stamp: Date.parse(JSON.parse(text).updatedAt) })
      })
    })
    req.end(body)
  })
}

const HEADS = [
  ...['processes', 'session', 'devices', 'msgs/s'],
  ...['sent -> answered: p50', 'p99', 'max ms'],
  ...['sent -> frame: p50', 'p99', 'max ms'],
  ...['answered -> frame: p50', 'p99', 'max ms'],
  ...['frames', 'missing'],
]

function cells({ answered, sentToFrame, answeredToFrame, missing }: Measured): string[] {
  return [
    ...[answered, sentToFrame, answeredToFrame].flatMap(percentiles),
    `${sentToFrame.length}`,
    `${missing}`,
  ]
}

function percentiles(delays: number[]): string[] {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return [at(0.5), at(0.99), sorted.at(-1)].map((ms) => (ms === undefined ? '-' : ms.toFixed(1)))
}

/** As wide as the column's head. */
function print(columns: string[]): void {
  const line = columns.map((column, n) =>
    column.padEnd(Math.max(HEADS[n]?.length ?? 0, n === 1 ? 12 : 6) + 2),
  )
  process.stdout.write(`${line.join('').trimEnd()}\n`)
}
