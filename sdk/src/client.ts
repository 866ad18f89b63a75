import type { LoginObject, TokenObject, UserObject } from '../../shared/wire/objects.js'
import { Account, type Login, loginOf } from './account.js'
import type { ClientEvents } from './client-events.js'
import { NudgeError } from './errors.js'
import type { Unsubscribe } from './events.js'
import type { AnyMessageType } from './extend/message-type.js'
import type { AnySyncType, CustomRow, SyncType } from './extend/sync-type.js'
import { Files } from './http/files.js'
import { type Fetch, Rest } from './http/rest.js'
import type { Transport } from './link/transport.js'
import { webSocketTransport } from './link/websocket.js'
import type { Contacts } from './model/contacts.js'
import type { Conversation } from './model/conversation.js'
import type { CustomList } from './model/custom-list.js'
import type { Emojis } from './model/emojis.js'
import type { Favourites } from './model/favourites.js'
import type { Me } from './model/me.js'
import type { Message } from './model/message.js'
import { Model } from './model/model.js'
import type { Session } from './model/session.js'
import type { Sessions } from './model/sessions.js'
import type { SyncedList } from './model/synced-list.js'
import { Users } from './model/users.js'
import { memoryStorage } from './store/memory.js'
import type { Storage, StorageAdapter } from './store/storage.js'
import { Locks } from './sync/locks.js'
import type { State } from './sync/states.js'

/** What `createClient` takes; only `url` must be given. */
export interface ClientOptions {
  /** Of the server's REST API: `https://chat.example.com`. */
  url: string
  /** Which app's accounts; the server's default app unless given. */
  appKey?: string
  /** Where everything is kept; in memory unless given. See `indexedDbStorage` and `localStorageStorage`. */
  storage?: StorageAdapter
  fetch?: Fetch
  /** How push is reached: MQTT over WebSocket unless given. See `nudge-sdk/mqtt` for TCP. */
  mqtt?: Transport
  /** Where push is; asked of the server unless given. */
  pushUrl?: string
  /** The class of this device (`web`, `phone`), where the app allows one of each at a time. */
  device?: string
  /** Kinds of messages of your own. */
  messageTypes?: readonly AnyMessageType[]
  /** Collections of your own. */
  syncTypes?: readonly AnySyncType[]
  /** What is sent as password for what was typed. Old yun2win clients send an MD5: see `md5Password`. */
  hashPassword?(typed: string): string | Promise<string>
  timing?: Partial<Timing>
}

/** How patient the client is; all in ms. */
export interface Timing {
  /** First and longest pause before something that failed is tried again; nine tenths of it random. */
  retryFirst: number
  retryMax: number
  /** How long an answer may take. */
  request: number
  /**
   * Between two signs of life on the connection: less than the minute after which proxies cut idle ones, and so that
   * hidden tabs, whose timers run once a minute, are in time for the server.
   */
  keepalive: number
}

const TIMING: Timing = { retryFirst: 1000, retryMax: 30_000, request: 20_000, keepalive: 50_000 }

/** What somebody logs in with. */
export interface Credentials {
  /** The login account, an e-mail address in practice. */
  account: string
  /** As it is typed. */
  password: string
}

/** A login that was begun elsewhere: by your own server, or by the page around this one. */
export interface TokenLogin {
  /** Whose it is. */
  userId: string
  /** The access token: `token` of the answer of `POST /v1/users/login`. An imToken will not do. */
  token: string
}

/** A new account, and its first profile. */
export interface Registration extends Credentials {
  name?: string
  avatarUrl?: string
  /** Of an invitation by e-mail to this account: joins that group. */
  invitation?: string
}

const LOGIN = 'login'

interface Opened {
  adapter: StorageAdapter
  storage: Storage
}

/** One user's client: connects, syncs, sends, and keeps it all. Made by `createClient`. */
export class Client {
  readonly users: Users
  readonly files: Files
  readonly #options: ClientOptions
  readonly #model: Model
  readonly #rest: Rest
  readonly #timing: Timing
  readonly #memory = memoryStorage()
  #opened: Promise<Opened> | undefined
  #login: Login | undefined
  #account: Account | undefined
  /** Logging in and out, one after the other. */
  readonly #turns = new Locks()

  constructor(options: ClientOptions) {
    this.#options = options
    this.#timing = { ...TIMING, ...options.timing }
    const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
    this.#rest = new Rest({
      url: options.url.replace(/\/+$/, ''),
      fetch,
      timeoutMs: this.#timing.request,
      token: () => this.#login?.token,
      onTokenRejected: (token) => this.#rejected(token),
      onRequest: (request) => this.#model.events.emit('trace', { kind: 'request', request }),
    })
    this.#model = new Model(this.#rest, options.messageTypes ?? [], options.syncTypes ?? [])
    this.users = new Users(this.#model)
    this.files = new Files(this.#rest, fetch, () => this.#login?.fileToken ?? this.#login?.token)
  }

  // --- what it holds

  /** Who is logged in. */
  get me(): Me | undefined {
    return this.#model.profile.items[0]
  }

  /** Pinned ones first, then the one that was active last. */
  get conversations(): SyncedList<ConversationRow, Conversation> {
    return this.#model.conversations
  }

  get sessions(): Sessions {
    return this.#model.sessions
  }

  get contacts(): Contacts {
    return this.#model.contacts
  }

  get favourites(): Favourites {
    return this.#model.favourites
  }

  get emojis(): Emojis {
    return this.#model.emojis
  }

  /** Your messages that are not on the server yet, of all sessions, as they were sent. `logout` lets go of them. */
  get unsent(): Message[] {
    return this.#model.outbox.messages
  }

  /** The rows of a sync type of your own: the user's, or those of a session. */
  synced<R extends CustomRow>(type: SyncType<R>, session?: Session): CustomList<R> {
    const list = this.#model.customList(type, session?.id)
    if (session && !list.isHeld && this.#account) void this.#load(list)
    return list
  }

  /** Where it stands with the server. See `State`. */
  get state(): State {
    return this.#account?.state ?? 'idle'
  }

  /** Resolves as soon as it is in this state. */
  async until(state: State): Promise<void> {
    if (this.state !== state) await this.#model.events.next('status', (event) => event.state === state)
  }

  /** Calls `listener` with every event of this name. Returns what ends that. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): Unsubscribe {
    return this.#model.events.on(name, listener)
  }

  /** Resolves with the next event of this name that fits. */
  next<Name extends keyof ClientEvents>(
    name: Name,
    fits?: (event: ClientEvents[Name]) => boolean,
  ): Promise<ClientEvents[Name]> {
    return this.#model.events.next(name, fits)
  }

  // --- who it is

  /** Creates an account, without logging in. Throws NudgeError: AlreadyExists, InvalidParameter. */
  async register({ account, password, name, avatarUrl, invitation }: Registration): Promise<void> {
    const { appKey } = this.#options
    await this.#rest.ask<UserObject>({
      method: 'POST',
      path: 'users/register',
      isPublic: true,
      json: {
        email: account,
        password: await this.#hash(password),
        ...(name !== undefined && { name }),
        ...(avatarUrl !== undefined && { avatarUrl }),
        ...(invitation !== undefined && { key: invitation }),
        ...(appKey !== undefined && { appKey }),
      },
    })
  }

  /** Logs in and begins to sync. Whoever was logged in before is logged out. Throws NudgeError: WrongCredentials. */
  async login({ account, password }: Credentials): Promise<Me> {
    const { appKey } = this.#options
    const answer = await this.#rest.ask<LoginObject>({
      method: 'POST',
      path: 'users/login',
      isPublic: true,
      json: {
        email: account,
        password: await this.#hash(password),
        ...(appKey !== undefined && { appKey }),
      },
    })
    return this.#enter(loginOf(answer))
  }

  /**
   * The same with a login that was begun elsewhere, once the server has said that it is this user's. `logout` ends it
   * for whoever began it, too; `close` does not. Throws NudgeError: InvalidToken when it does not hold, NotAllowed when
   * it is somebody else's.
   */
  async loginWithToken({ userId, token }: TokenLogin): Promise<Me> {
    // What no header can carry is no token of ours.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new NudgeError('InvalidToken', 'that is no access token')
    const path = `users/${encodeURIComponent(userId)}`
    const [, { access_token: fileToken }] = await Promise.all([
      // Nobody is given the contacts of others, but administrators, and they are given no token for files.
      this.#rest.ask({ path: `${path}/contacts`, query: { limit: 1 }, token }),
      this.#rest.ask<TokenObject>({ method: 'POST', path: 'users/fileToken', json: {}, token }),
    ])
    const user = await this.#rest.ask<UserObject>({ path, token })
    return this.#enter({ userId, token, fileToken, user })
  }

  /** Goes on where this device stopped. Undefined when nobody is logged in here. Works without a connection. */
  async resume(): Promise<Me | undefined> {
    return this.#inTurn(async () => {
      if (this.#account) return this.me
      const login = (await (await this.#storage()).get(LOGIN)) as Login | undefined
      return login && this.#begin(login)
    })
  }

  /** Ends the login, on the server too where that can be reached, and forgets everything of it on this device. */
  async logout(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#endOnServer()
      await this.#end('logout', true)
    })
  }

  /** The other logins of the user end. Throws NudgeError: WrongCredentials. */
  async changePassword(old: string, password: string): Promise<void> {
    const json = { oldPassword: await this.#hash(old), password: await this.#hash(password) }
    await this.#rest.ask({ method: 'POST', path: 'users/setPassword', json })
  }

  /** After `kicked`: takes the place back. While `offline`: dials now. */
  async start(): Promise<void> {
    await this.#account?.start()
  }

  /** Stops and lets go of everything; what is kept stays. A page need not call it, a Node process that ends should. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#leave()
      const opened = this.#opened
      this.#opened = undefined
      await (await opened)?.storage.close()
    })
  }

  /** Takes the place of whoever was logged in. */
  async #enter(login: Login): Promise<Me> {
    return this.#inTurn(async () => {
      // The same login again is not to be ended.
      if (this.#account && this.#login?.token === login.token) return this.me as Me
      await this.#endOnServer()
      await this.#end('logout', true)
      const storage = await this.#storage()
      await storage.write([[LOGIN, login]])
      return this.#begin(login)
    })
  }

  async #begin(login: Login): Promise<Me> {
    const { pushUrl, device, mqtt } = this.#options
    const { adapter, storage } = await this.#open()
    this.#login = login
    try {
      this.#account = await Account.open({
        login,
        name: this.#name,
        adapter,
        storage,
        rest: this.#rest,
        files: this.files,
        model: this.#model,
        transport: mqtt ?? webSocketTransport(),
        pushUrl,
        device,
        keepaliveS: this.#timing.keepalive / 1000,
        backOff: { firstMs: this.#timing.retryFirst, maxMs: this.#timing.retryMax },
        onStatus: (event) => {
          this.#model.events.emit('status', event)
          if (event.state === 'kicked') this.#model.events.emit('kicked', undefined)
        },
        onLoggedOut: (reason) => void this.#inTurn(() => this.#end(reason, false)),
      })
    } catch (error) {
      this.#login = undefined
      this.#model.detach()
      throw new NudgeError('Internal', `the storage cannot be read: ${String(error)}`)
    }
    return this.me as Me
  }

  /** Where it can be reached; otherwise the login ends there with its time. */
  async #endOnServer(): Promise<void> {
    if (this.#login) await this.#rest.ask({ method: 'POST', path: 'users/logout' }).catch(() => {})
  }

  /** The server takes the token no longer: nobody is logged in. What is kept stays, for when the user logs in again. */
  #rejected(token: string): void {
    void this.#inTurn(async () => {
      if (this.#login?.token === token) await this.#end('rejected', true)
    })
  }

  /** `isOurs`: this tab found out, so it cleans up and tells the others. */
  async #end(reason: 'logout' | 'rejected', isOurs: boolean): Promise<void> {
    const login = this.#login
    const account = this.#account
    if (!login || !account) return
    if (isOurs) account.tellLoggedOut(reason)
    await this.#leave()
    if (isOurs) {
      const storage = await this.#storage()
      // Another tab may have logged in as somebody else meanwhile.
      const kept = (await storage.get(LOGIN)) as Login | undefined
      if (kept?.token === login.token) await storage.write([[LOGIN, undefined]])
      if (reason === 'logout') await Account.clear(storage, login.userId)
    }
    this.#model.events.emit('loggedOut', { reason })
  }

  async #leave(): Promise<void> {
    const account = this.#account
    const previous = this.state
    this.#account = undefined
    this.#login = undefined
    await account?.close()
    this.#model.detach()
    if (previous !== 'idle') this.#model.events.emit('status', { state: 'idle', previous })
  }

  async #load<R extends CustomRow>(list: CustomList<R>): Promise<void> {
    this.#model.watch(list.name, true)
    await list.restore(this.#model.replica())
    await list.sync().catch(() => {})
  }

  async #hash(typed: string): Promise<string> {
    return (await this.#options.hashPassword?.(typed)) ?? typed
  }

  async #storage(): Promise<Storage> {
    return (await this.#open()).storage
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openStorage()
    return this.#opened
  }

  /** Where the one that was given cannot be had, as in some private windows, memory must do. */
  async #openStorage(): Promise<Opened> {
    const wanted = this.#options.storage ?? this.#memory
    try {
      return { adapter: wanted, storage: await wanted.open(this.#name) }
    } catch (error) {
      const failure = new NudgeError('Internal', `the storage cannot be opened: ${String(error)}`)
      this.#model.events.emit('error', failure)
      return { adapter: this.#memory, storage: await this.#memory.open(this.#name) }
    }
  }

  get #name(): string {
    const { url, appKey } = this.#options
    return appKey ? `${url} ${appKey}` : url
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#turns.hold('login', act)
  }
}

type ConversationRow = Conversation['row']

/**
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:8080', storage: indexedDbStorage() })
 * await client.login({ account: 'alice@example.com', password: 'secret' })
 * client.on('message', (message) => console.log(message.preview))
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options)
}
