import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { WebSocket } from 'ws'
import { freePort } from '../../shared/server/free-port.js'
import type { ContactObject } from '../../shared/wire/contacts.js'
import type { EmojiObject } from '../../shared/wire/emojis.js'
import type { UserSessionObject } from '../../shared/wire/favourites.js'
import type {
  ListObject,
  LoginObject,
  MemberObject,
  MessageListObject,
  MessageObject,
  SessionObject,
  UserConversationObject,
} from '../../shared/wire/objects.js'
import { type Answer, type RequestOptions, request } from './http.js'
import { type Frame, publishPacket, RawClient } from './push-env.js'

/** `form` is how the old client sends; `json` says the same in JSON. */
export type Encoding = 'form' | 'json'
export const ENCODINGS: Encoding[] = ['form', 'json']

/** Values as the client's code has them, before jQuery writes them. */
export type Fields = Record<string, string | number | boolean | null | undefined>

/** `new Date(2000, 0, 1)`: the first cursor of every list, and the mts of the own devices' session. */
export const YEAR_2000 = 946_684_800_000
/** `new Date(3000, 0, 1)`: where history begins. */
export const YEAR_3000 = 32_503_680_000_000
/** What the client asks `sessions/single` with. */
export const YEAR_1900 = -2_206_310_400_000

interface CallOptions {
  fields?: Fields | undefined
  cursor?: number | undefined
  /** The vendor's calls without a login, and those with somebody else's token. */
  token?: string | undefined
  /** A body that is neither: an upload. */
  upload?: Pick<RequestOptions, 'headers' | 'raw'>
}

/** Settings of a server whose gate names the port that push really has. */
export async function vendorSettings(): Promise<NodeJS.ProcessEnv> {
  return { WS_PORT: String(await freePort()) }
}

/** The client sends the MD5 of what was typed. */
export function md5(typed: string): string {
  return createHash('md5').update(typed).digest('hex')
}

/** An answer that the client hands to its caller as an error: `body.message`. */
export class Refused extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: tests read the errors they expect
  constructor(readonly answer: Answer<any>) {
    super(`refused: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
}

let accounts = 0

/**
 * The yun2win web client of November 2016, as far as a server can see it: which request follows which, in what
 * encoding, with which cursors and frames, and how it reacts to acks. (yun2win.md §2, §5)
 */
export class VendorClient {
  /** What is kept in localStorage after the login. */
  login: LoginObject | undefined
  push: PushLink | undefined
  readonly guid = randomUUID()
  #lists = new Map<string, SyncedList<never>>()
  #preflighted = new Set<string>()
  #links: PushLink[] = []

  constructor(
    readonly url: string,
    readonly encoding: Encoding,
  ) {}

  /** Somebody with an account of his own, logged in. */
  static async of(url: string, encoding: Encoding, name: string): Promise<VendorClient> {
    accounts += 1
    const account = { email: `${name.toLowerCase()}.${accounts}@x.com`, password: md5(name) }
    const client = new VendorClient(url, encoding)
    await client.must('POST', 'users/register', { fields: { ...account, name } })
    await client.signIn(account.email, name)
    return client
  }

  /** The same user in another browser. */
  async elsewhere(): Promise<VendorClient> {
    const client = new VendorClient(this.url, this.encoding)
    client.login = this.me
    await client.connect()
    return client
  }

  get me(): LoginObject {
    if (!this.login) throw new Error('nobody is logged in')
    return this.login
  }

  get id(): string {
    return this.me.id
  }

  get conversations(): SyncedList<UserConversationObject> {
    return this.#list(`users/${this.id}/userConversations`)
  }

  get contacts(): SyncedList<ContactObject> {
    return this.#list(`users/${this.id}/contacts`)
  }

  get favourites(): SyncedList<UserSessionObject> {
    return this.#list(`users/${this.id}/userSessions`)
  }

  get emojis(): SyncedList<EmojiObject> {
    return this.#list('emojis')
  }

  #list<T extends Entry>(path: string): SyncedList<T> {
    const known = this.#lists.get(path) ?? new SyncedList<never>(this, path)
    this.#lists.set(path, known)
    return known as unknown as SyncedList<T>
  }

  /** One request to the business API, preceded by OPTIONS as in a page of another origin. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the answers they expect
  async call<T = any>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    return this.callHost<T>(method, `v1/${path}`, options)
  }

  /** The same for what is not below /v1/. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the answers they expect
  async callHost<T = any>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const url = `${this.url}/${path}`
    const token = 'token' in options ? options.token : this.login?.token
    await this.#preflight(method, url)
    const body = options.upload ?? this.#encode(method, options.fields)
    return request<T>(method, url, { token, cursor: options.cursor, ...body })
  }

  async must<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const answer = await this.call<T>(method, path, options)
    if (answer.status !== 200) throw new Refused(answer)
    return answer.body
  }

  /** GET and DELETE say what they would contain, too. */
  #encode(method: string, fields: Fields | undefined): RequestOptions {
    const entries = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)
    if (this.encoding === 'form') {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
      if (method === 'GET' || method === 'DELETE') return { headers }
      return { form: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])) }
    }
    if (method === 'GET' || method === 'DELETE') return { headers: { 'Content-Type': 'application/json' } }
    // What a form spells `null` is simply not there.
    return { json: Object.fromEntries(entries.filter(([, value]) => value !== null)) }
  }

  async #preflight(method: string, url: string): Promise<void> {
    const what = `${method} ${url}`
    if (this.#preflighted.has(what)) return
    this.#preflighted.add(what)
    const { status, headers } = await request('OPTIONS', url, {
      headers: {
        Origin: 'http://web.example.com',
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'authorization,client-sync-time,content-type',
      },
    })
    const isAllowed =
      status === 200 &&
      headers.get('access-control-allow-origin') === '*' &&
      headers.get('access-control-allow-methods')?.includes(method) &&
      ['Authorization', 'Client-Sync-Time', 'Content-Type'].every((name) =>
        headers.get('access-control-allow-headers')?.includes(name),
      )
    if (!isAllowed) throw new Error(`a browser would not send ${what}: OPTIONS was answered ${status}`)
  }

  /** Login page. What is answered with 200 goes into localStorage. */
  async signIn(email: string, typed: string): Promise<Answer<LoginObject>> {
    const fields = { email, password: md5(typed) }
    const answer = await this.call<LoginObject>('POST', 'users/login', { fields, token: undefined })
    if (answer.status === 200) this.login = answer.body
    return answer
  }

  requestImToken(fields: Fields = {}, token = this.me.token) {
    const { key, secret } = this.me
    return this.callHost('POST', 'oauth/token', {
      fields: { grant_type: 'client_credentials', client_id: key, client_secret: secret, ...fields },
      token,
    })
  }

  requestGate() {
    const { url } = this
    const fields = { oper: 'register', country: '' }
    // A simple request: no preflight, no token.
    return request(
      'POST',
      `${url}/gateHandler`,
      this.encoding === 'form' ? { form: fields } : { json: fields },
    )
  }

  /** Token, gate, WebSocket, CONNECT; resolves with the accept frame. */
  async connect({ isAgain = false } = {}): Promise<PushLink> {
    const token = await this.requestImToken()
    if (token.status !== 200) throw new Refused(token)
    const gate = await this.requestGate()
    const link = await PushLink.dial(gate.body.data.url)
    this.#links.push(link)
    link.sendConnect(this.id, token.body.access_token, `${isAgain ? '1' : '0'}0${this.guid}`)
    const { returnCode } = await link.connack()
    if (returnCode !== 0) throw new Error(`CONNACK ${returnCode}`)
    await link.waitFor((frame) => frame.returnCode === 11)
    this.push = link
    return link
  }

  get connected(): PushLink {
    if (!this.push) throw new Error('not connected')
    return this.push
  }

  /** What follows each accept frame, one after the other. */
  async pullLists() {
    const conversations = await this.conversations.pull()
    const contacts = await this.contacts.pull()
    const favourites = await this.favourites.pull()
    return { conversations, contacts, favourites }
  }

  /** The conversation with a user, of a group, as last pulled. */
  conversationOf(targetId: string): UserConversationObject {
    const found = this.conversations.all.find((each) => each.targetId === targetId)
    // The client dereferences it without asking. (§3 #12)
    if (!found) throw new Error(`no conversation for ${targetId}`)
    return found
  }

  async openP2p(other: { id: string }): Promise<Chat> {
    const chat = new Chat(this, `sessions/p2p/${this.id}/${other.id}`)
    await chat.refetch()
    return chat
  }

  async openGroup(sessionId: string): Promise<Chat> {
    const chat = new Chat(this, `sessions/${sessionId}`)
    await chat.refetch()
    return chat
  }

  /** Session and members, one after the other; not yet announced. */
  async createGroup(...others: VendorClient[]): Promise<Chat> {
    const names = [this, ...others].map(({ me }) => me.name)
    const fields = { type: 'group', name: names.join(', '), secureType: 'private', avatarUrl: ' ' }
    const { id } = await this.must<SessionObject>('POST', 'sessions', { fields })
    const chat = new Chat(this, `sessions/${id}`, id)
    await chat.addMember(this, 'master')
    for (const other of others) await chat.addMember(other)
    await chat.refetch()
    return chat
  }

  /** A notification and all that the client does about its acks; their codes. (§2.6) */
  async notify(chat: Chat, syncs: Frame[], more: { pns?: string; mts?: number } = {}): Promise<number[]> {
    const message = { syncs, ...(more.pns !== undefined && { pns: { msg: more.pns } }) }
    const codes: number[] = []
    const ask = async (frame: object) => {
      const ack = await this.connected.ask(chat.topic, { ...frame, message })
      codes.push(ack.returnCode)
      return ack
    }
    for (let expired = 0, mts = more.mts ?? chat.mts; ; mts = chat.mts) {
      const ack = await ask({ cmd: 'sendMessage', mts })
      if (ack.returnCode === 27) {
        expired += 1
        await chat.refetch()
        if (expired < 3) continue
        await ask({ cmd: 'updateSession', mts: chat.mts, members: chat.uploadedMembers(), force: true })
      } else if (ack.returnCode === 28) {
        const members = chat.uploadedMembers(ack.mts)
        await ask({ cmd: 'updateSession', mts, members, force: false })
      } else if (ack.returnCode === 26) {
        const members = chat.liveMembers.map(({ userId: uid }) => ({ uid }))
        await ask({ cmd: 'updateSession', mts, members, force: false })
      }
      return codes
    }
  }

  close(): void {
    for (const link of this.#links) link.close()
  }
}

/** `{type:0}` and `{type:1}` of a session: what most things are notified with. */
export function syncsOf(chat: Chat): Frame[] {
  return [{ type: 0 }, { type: 1, sessionId: chat.ref }]
}

interface Entry {
  id: string
  updatedAt: string
}

/**
 * One of the client's lists: rows by id, and as cursor the largest `updatedAt` seen. It throws for answers that
 * lose rows or stall the client. (§3 #4, #13)
 */
export class SyncedList<T extends Entry> {
  readonly rows = new Map<string, T>()
  cursor = YEAR_2000

  constructor(
    private readonly client: VendorClient,
    readonly path: string,
  ) {}

  get all(): T[] {
    return [...this.rows.values()]
  }

  /** What is new. Throws Refused. */
  async pull(): Promise<T[]> {
    return (await this.pullWhole()).entries
  }

  async pullWhole<Whole extends ListObject<T> = ListObject<T>>(): Promise<Whole> {
    const list = await this.client.must<Whole>('GET', this.path, { cursor: this.cursor })
    if (list.total_count !== list.entries.length) throw new Error(`${this.path}: not all at once`)
    this.take(list.entries)
    return list
  }

  take(entries: T[]): void {
    for (const [at, entry] of entries.entries()) {
      const stamp = Date.parse(entry.updatedAt)
      const previous = entries[at - 1]
      if (stamp <= this.cursor) throw new Error(`${this.path}: ${entry.id} came again`)
      if (previous && stamp < Date.parse(previous.updatedAt)) throw new Error(`${this.path}: not ascending`)
      this.rows.set(entry.id, entry)
    }
    this.cursor = Math.max(this.cursor, ...entries.map(({ updatedAt }) => Date.parse(updatedAt)))
  }

  /** What a client is given that starts anew; should be `rows` once everything is pulled. */
  async fresh(): Promise<Map<string, T>> {
    const list = new SyncedList<T>(this.client, this.path)
    await list.pull()
    return list.rows
  }
}

/** A session as the client keeps it: the object, its members in localStorage, its messages in memory. */
export class Chat {
  session!: SessionObject
  #members: SyncedList<MemberObject> | undefined
  #messages: SyncedList<MessageObject> | undefined

  constructor(
    readonly client: VendorClient,
    private readonly path: string,
    private readonly knownId?: string,
  ) {}

  get id(): string {
    return this.knownId ?? this.session.id
  }

  /** `<type>_<id>` */
  get ref(): string {
    return `${this.session.type}_${this.session.id}`
  }

  get topic(): string {
    return `y2w/session/${this.ref}`
  }

  get members(): SyncedList<MemberObject> {
    this.#members ??= new SyncedList(this.client, `sessions/${this.id}/members`)
    return this.#members
  }

  get messages(): SyncedList<MessageObject> {
    this.#messages ??= new SyncedList(this.client, `sessions/${this.id}/messages`)
    return this.#messages
  }

  /** max(createdAt) over all rows, tombstones included. */
  get mts(): number {
    return Math.max(...this.members.all.map(({ createdAt }) => Date.parse(createdAt)))
  }

  get liveMembers(): MemberObject[] {
    return this.members.all.filter(({ isDelete, role }) => !isDelete && role !== 'email')
  }

  member(who: { id: string }): MemberObject {
    const found = this.members.all.find(({ userId }) => userId === who.id)
    if (!found) throw new Error(`${who.id} is no member`)
    return found
  }

  /** `members` of an updateSession frame: who changed after `since`. */
  uploadedMembers(since = 0): { uid: string; isDel: boolean }[] {
    return this.members.all
      .filter(({ createdAt, role }) => role !== 'email' && Date.parse(createdAt) > since)
      .map(({ userId, isDelete }) => ({ uid: userId, isDel: isDelete }))
  }

  /** The session, then what is new of its members. Returns the latter. */
  async refetch(): Promise<MemberObject[]> {
    this.session = await this.client.must('GET', this.path)
    return this.members.pull()
  }

  /** 20 messages before the oldest shown, newest first; what is older than all is `[]`. */
  async history(): Promise<MessageObject[]> {
    const shown = this.messages.all.map(({ updatedAt }) => Date.parse(updatedAt))
    const page = await this.client.must<MessageObject[]>(
      'GET',
      `sessions/${this.id}/messages/history?limit=20`,
      { cursor: Math.min(YEAR_3000, ...shown) },
    )
    for (const message of page) {
      if (this.messages.rows.has(message.id)) throw new Error(`${message.id} is shown already`)
      this.messages.rows.set(message.id, message)
    }
    this.messages.cursor = Math.max(
      this.messages.cursor,
      ...page.map(({ updatedAt }) => Date.parse(updatedAt)),
    )
    return page
  }

  /** New messages; the session and its members, too, when `sessionUpdatedAt` says so. */
  async pullMessages(): Promise<{ entries: MessageObject[]; members: MemberObject[] | undefined }> {
    const { entries, sessionUpdatedAt } = await this.messages.pullWhole<MessageListObject>()
    if (Date.parse(sessionUpdatedAt) <= Date.parse(this.session.updatedAt))
      return { entries, members: undefined }
    const members = await this.refetch()
    // Otherwise the client asks for it again with every message.
    if (Date.parse(this.session.updatedAt) < Date.parse(sessionUpdatedAt)) {
      throw new Error(`session ${this.id} is older than its sessionUpdatedAt`)
    }
    return { entries, members }
  }

  /** POST messages as the client does for what its user has written. */
  post(type: string, content: object, sender = this.client.id): Promise<MessageObject> {
    return this.client.must('POST', `sessions/${this.id}/messages`, {
      fields: { sender, content: JSON.stringify(content), type },
    })
  }

  postSystem(text: string): Promise<MessageObject> {
    return this.post('system', { text }, 'system')
  }

  addMember(who: VendorClient, role = 'user'): Promise<MemberObject> {
    return this.client.must('POST', `sessions/${this.id}/members`, {
      fields: { userId: who.id, name: who.me.name, role, avatarUrl: ' ', status: 'active' },
    })
  }
}

/** `mqtt://` + url + `:80`, parsed, and `ws://` put in front: what the SDK makes of the gate's answer. (§2.1) */
export function pushAddress(url: string): string {
  const { host, pathname } = new URL(`mqtt://${url}:80`)
  return `ws://${host}${pathname}`
}

/** The packet type of MQTT. */
const CONNACK = 2

/** The SDK's connection: MQTT 3.1.1 under the name mqttv3.1, without any SUBSCRIBE. */
export class PushLink {
  #raw: RawClient
  #firstPacket: number | undefined

  private constructor(readonly ws: WebSocket) {
    ws.once('message', (data: Buffer) => {
      this.#firstPacket = (data[0] ?? 0) >> 4
    })
    this.#raw = new RawClient(ws, (bytes) => ws.send(bytes))
  }

  static async dial(gateUrl: string): Promise<PushLink> {
    const ws = new WebSocket(pushAddress(gateUrl), 'mqttv3.1')
    const link = new PushLink(ws)
    await once(ws, 'open')
    // Browsers abort unless it is echoed.
    if (ws.protocol !== 'mqttv3.1') throw new Error(`the subprotocol is ${ws.protocol}`)
    return link
  }

  sendConnect(username: string, imToken: string, clientId: string): void {
    this.#raw.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 300,
      clientId,
      username,
      password: Buffer.from(imToken),
    })
  }

  async connack(): Promise<{ returnCode: number }> {
    const packet = await this.#raw.next('connack')
    // A frame before it would be lost on the client.
    if (this.#firstPacket !== CONNACK) throw new Error(`the first packet is of type ${this.#firstPacket}`)
    return packet as unknown as { returnCode: number }
  }

  get frames(): Frame[] {
    return this.#raw.received.all
  }

  /** The connection's end, from whichever side. */
  get closed(): Promise<unknown> {
    return this.#raw.closed
  }

  waitFor(fits: (frame: Frame) => boolean): Promise<Frame> {
    return this.#raw.received.first(fits)
  }

  /** Publishes a frame; the ack without its id. Fails when anything but an ack has that id. */
  async ask(topic: string, frame: object): Promise<Frame> {
    const y2wMessageId = randomUUID()
    this.#raw.send(publishPacket(topic, { ...frame, y2wMessageId }))
    const { y2wMessageId: _, ...ack } = await this.waitFor((each) => each.y2wMessageId === y2wMessageId)
    return ack
  }

  /** Waits for the API's own word of a change that had this stamp. */
  told(stamp: number, syncs: Frame[]): Promise<Frame> {
    return this.waitFor(
      (frame) =>
        frame.cmd === 'sendMessage' && frame.stamp >= stamp && isDeepStrictEqual(frame.message, { syncs }),
    )
  }

  /** Waits for what another client has sent: exactly this, so that nothing in it is taken for an ack. */
  relayed(message: object): Promise<Frame> {
    return this.waitFor((frame) => isDeepStrictEqual(frame, { cmd: 'sendMessage', message }))
  }

  /** Everything that push has sent so far has arrived. Returns the frames from number `from` on. */
  async settled(userId: string, from = 0): Promise<Frame[]> {
    await this.ask(`y2w/session/y2wIMApp_${userId}`, {
      cmd: 'sendMessage',
      mts: 1_264_953_600_000,
      message: {},
    })
    return this.frames.slice(from)
  }

  close(): void {
    this.ws.terminate()
  }
}

/** The stamp (ms) of a wire row's last change. */
export function changedAt({ updatedAt }: { updatedAt: string }): number {
  return Date.parse(updatedAt)
}
