import { setTimeout as sleep } from 'node:timers/promises'
import type { NotificationFrame } from '../../shared/wire/frames.js'
import type { MessageListObject } from '../../shared/wire/objects.js'
import { Arrivals, type Outcome } from '../tools/arrivals.js'
import { Device, payloadOf } from '../tools/device.js'
import { accessToken, imToken } from '../tools/nudge.js'
import { RestConnection, requestBytes } from '../tools/rest.js'

export interface Session {
  id: string
  /** Who send, in turns. */
  senders: string[]
  /** Whose devices are connected. */
  listeners: string[]
}

export interface Place {
  sessions: Session[]
  rate: number
  seconds: number
}

/** So many sends are under way at a time; more wait for one of them, which counts as their delay. */
const MAX_SENDS = 256

const arrivals = new Arrivals()
let poster: Poster
const prefix = `${process.pid}-${Date.now()}-`

/** Connects everybody's devices. */
export async function open(at: { apiPort: number; mqttPort: number; sessions: Session[] }): Promise<void> {
  poster = new Poster(at.apiPort)
  const connecting = at.sessions.flatMap(({ id, listeners }) =>
    listeners.map((userId) => connect(at.mqttPort, userId, new Follower(at.apiPort, userId, id))),
  )
  await Promise.all(connecting)
}

/** Sends into the sessions in turns; all of them have as many listeners. */
export function send({ sessions, rate, seconds }: Place): Promise<Outcome> {
  const copies = sessions[0]?.listeners.length as number
  return arrivals.run({ rate, seconds, copies }, (id) => {
    const { id: sessionId, senders } = sessions[id % sessions.length] as Session
    const json = {
      type: 'text',
      content: JSON.stringify({ text: `${id} are you there?` }),
      clientMessageId: prefix + id,
    }
    const token = accessTokenOf(senders[Math.floor(id / sessions.length) % senders.length] as string)
    return poster.post(requestBytes('POST', `/v1/sessions/${sessionId}/messages`, { token, json }))
  })
}

const signed = new Map<string, string>()

function accessTokenOf(userId: string): string {
  let token = signed.get(userId)
  if (!token) {
    token = accessToken(userId)
    signed.set(userId, token)
  }
  return token
}

/** A push that has just started lets nobody in until it has asked the API whose logins have ended. */
async function connect(port: number, userId: string, follower: Follower): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
    const device = new Device({
      port,
      username: userId,
      password: imToken(userId),
      onPublish: (body) => follower.told(body),
    })
    try {
      return await device.accepted
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

/** What the sdk does with what a device is told of one session: one pull at a time, repeated once if need be. */
class Follower {
  #connection: RestConnection
  #cursor = 1
  #isPulling = false
  #again = false

  constructor(
    private readonly port: number,
    private readonly userId: string,
    private readonly sessionId: string,
  ) {
    this.#connection = new RestConnection(port)
  }

  told(body: Buffer): void {
    const { message, stamp } = JSON.parse(payloadOf(body).toString()) as NotificationFrame
    const isOurs = message?.syncs?.some((sync) => sync.sessionId?.endsWith(`_${this.sessionId}`))
    if (!isOurs || stamp === undefined || stamp <= this.#cursor) return
    if (this.#isPulling) this.#again = true
    else this.#pull().catch((error) => arrivals.failed(error))
  }

  async #pull(): Promise<void> {
    this.#isPulling = true
    try {
      do {
        this.#again = false
        const { total_count, entries } = await this.#page()
        for (const { content, updatedAt } of entries) {
          this.#cursor = Math.max(this.#cursor, Date.parse(updatedAt))
          arrivals.arrived(Number.parseInt(JSON.parse(content).text, 10))
        }
        if (entries.length < total_count) this.#again = true
      } while (this.#again)
    } finally {
      this.#isPulling = false
    }
  }

  async #page(): Promise<MessageListObject> {
    if (!this.#connection.isUsable) this.#connection = new RestConnection(this.port)
    const path = `/v1/sessions/${this.sessionId}/messages?limit=500&unread=keep`
    const request = requestBytes('GET', path, { token: accessTokenOf(this.userId), cursor: this.#cursor })
    const { status, body } = await this.#connection.send(request)
    if (status !== 200) throw new Error(`${status} ${body}`)
    return JSON.parse(body.toString())
  }
}

/** The connections of all senders: the one used last is used first, so the others are older still. */
class Poster {
  #idle: RestConnection[] = []
  #open = 0
  #waiting: (() => void)[] = []

  constructor(private readonly port: number) {}

  async post(request: string): Promise<void> {
    if (this.#open >= MAX_SENDS) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#open += 1
    try {
      const { status, body } = await this.#send(request)
      if (status !== 200) throw new Error(`${status} ${body}`)
    } finally {
      this.#open -= 1
      this.#waiting.shift()?.()
    }
  }

  async #send(request: string) {
    let connection = this.#idle.pop()
    if (!connection?.isUsable) {
      for (const old of [connection, ...this.#idle.splice(0)]) old?.close()
      connection = new RestConnection(this.port)
    }
    const answer = await connection.send(request)
    this.#idle.push(connection)
    return answer
  }
}
