import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { ConnectCode } from '../../shared/wire/codes.js'
import type {
  ListObject,
  LoginObject,
  MemberObject,
  MessageListObject,
  MessageObject,
  SessionObject,
  UserConversationObject,
} from '../../shared/wire/objects.js'
import { userTopic } from '../../shared/wire/topics.js'
import { type Answer, type RequestOptions, request } from './http.js'

/** A user as tests drive them: over real HTTP and MQTT only. */
export class Person {
  constructor(
    readonly baseUrl: string,
    readonly login: LoginObject,
  ) {}

  get id(): string {
    return this.login.id
  }

  get token(): string {
    return this.login.token
  }

  /** The same user at another API process. */
  at(baseUrl: string): Person {
    return new Person(baseUrl, this.login)
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read the answers they expect
  call<T = any>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return request<T>(method, `${this.baseUrl}/v1/${path}`, { token: this.token, ...options })
  }

  async must<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const answer = await this.call<T>(method, path, options)
    if (answer.status !== 200) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
    return answer.body
  }

  p2pWith(other: { id: string }): Promise<SessionObject> {
    return this.must('GET', `sessions/p2p/${this.id}/${other.id}`)
  }

  /** A group with the caller as master and the others as members. */
  async group(...others: { id: string }[]): Promise<SessionObject> {
    const group = await this.must<SessionObject>('POST', 'sessions', { json: { type: 'group' } })
    for (const person of [this, ...others]) await this.add(group.id, person)
    return this.must('GET', `sessions/${group.id}`)
  }

  add(sessionId: string, person: { id: string }): Promise<MemberObject> {
    const role = person.id === this.id ? 'master' : 'user'
    return this.must('POST', `sessions/${sessionId}/members`, { json: { userId: person.id, role } })
  }

  send(sessionId: string, text: string, more: { clientMessageId?: string } = {}): Promise<MessageObject> {
    return this.must('POST', `sessions/${sessionId}/messages`, {
      json: { sender: this.id, type: 'text', content: JSON.stringify({ text }), ...more },
    })
  }

  pullMessages(sessionId: string, cursor?: number, query = ''): Promise<MessageListObject> {
    return this.must('GET', `sessions/${sessionId}/messages${query}`, { cursor })
  }

  pullMembers(sessionId: string, cursor?: number, query = ''): Promise<ListObject<MemberObject>> {
    return this.must('GET', `sessions/${sessionId}/members${query}`, { cursor })
  }

  pullConversations(cursor?: number, query = ''): Promise<ListObject<UserConversationObject>> {
    return this.must('GET', `users/${this.id}/userConversations${query}`, { cursor })
  }

  async imToken(): Promise<string> {
    const answer = await request('POST', `${this.baseUrl}/oauth/token`, {
      token: this.token,
      form: { grant_type: 'client_credentials', client_id: this.login.key, client_secret: this.login.secret },
    })
    if (answer.status !== 200) throw new Error(`oauth/token: ${JSON.stringify(answer.body)}`)
    return answer.body.access_token
  }

  /** Connects a device to push and waits for the accept frame. Tries again while push says to (CONNACK 7). */
  async connect(pushUrl: string, options: mqtt.IClientOptions = {}): Promise<Device> {
    const password = options.password ?? (await this.imToken())
    for (;;) {
      const client = mqtt.connect(pushUrl, {
        clientId: `00${crypto.randomUUID()}`,
        username: this.id,
        reconnectPeriod: 0,
        ...options,
        password,
      })
      const device = new Device(this, client)
      const refused = new Promise<Frame>((resolve) => client.once('error', resolve))
      const refusal = await Promise.race([refused, device.waitFor((frame) => frame.returnCode === 11)])
      if (refusal.returnCode === 11) return device
      await device.close()
      if (refusal.code !== ConnectCode.unavailable) throw refusal
      await sleep(100)
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: frames are what tests look into
export type Frame = any

/** A connection to push that remembers every frame it was given. */
export class Device {
  readonly frames: Frame[] = []
  #waiting = new Set<() => void>()
  #timers = new Set<NodeJS.Timeout>()

  constructor(
    readonly owner: Person,
    readonly client: MqttClient,
  ) {
    client.on('message', (topic, payload) => {
      if (topic !== userTopic(owner.id)) throw new Error(`a frame on ${topic}`)
      this.frames.push(JSON.parse(payload.toString()))
      for (const look of this.#waiting) look()
    })
    client.on('error', () => {})
  }

  /** The first frame, also of the past, that fits; rejects after `timeoutMs`. */
  waitFor(fits: (frame: Frame) => boolean, timeoutMs = 10_000): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const frame = this.frames.find(fits)
        if (frame === undefined) return
        done()
        resolve(frame)
      }
      const timer = setTimeout(() => {
        done()
        reject(new Error(`no such frame among ${JSON.stringify(this.frames)}`))
      }, timeoutMs)
      const done = () => {
        clearTimeout(timer)
        this.#timers.delete(timer)
        this.#waiting.delete(look)
      }
      this.#timers.add(timer)
      this.#waiting.add(look)
      look()
    })
  }

  /** Waits for a notification that names this session with at least this stamp. */
  nudge(sessionRef: string, stamp = 0): Promise<Frame> {
    return this.waitFor(
      (frame) =>
        frame.cmd === 'sendMessage' &&
        (frame.stamp ?? 0) >= stamp &&
        frame.message.syncs?.some((sync: Frame) => sync.sessionId === sessionRef),
    )
  }

  publish(topic: string, frame: unknown): void {
    this.client.publish(topic, JSON.stringify(frame))
  }

  /** What is still waited for never comes. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    await this.client.endAsync(true)
  }
}

/** The stamp (ms) of a wire date. */
export function stampOf(date: string): number {
  return Date.parse(date)
}

/** Registers a user at an API and logs in. */
export async function registerPerson(url: string, name: string): Promise<Person> {
  const account = { email: `${name}@example.com`, password: `password of ${name}` }
  const registered = await request('POST', `${url}/v1/users/register`, { json: { ...account, name } })
  if (registered.status !== 200) throw new Error(`register ${name}: ${JSON.stringify(registered.body)}`)
  const login = await request<LoginObject>('POST', `${url}/v1/users/login`, { json: account })
  if (login.status !== 200) throw new Error(`login ${name}: ${JSON.stringify(login.body)}`)
  return new Person(url, login.body)
}
