import type { NotificationFrame } from '../../shared/wire/frames.js'
import type { GateObject, LoginObject, TokenObject, UserObject } from '../../shared/wire/objects.js'
import { sessionTopic } from '../../shared/wire/topics.js'
import type { StatusEvent } from './client-events.js'
import { NudgeError } from './errors.js'
import { guid } from './guid.js'
import type { Files } from './http/files.js'
import type { Rest } from './http/rest.js'
import { parseJson } from './json.js'
import { pushAddress } from './link/gate.js'
import type { Transport } from './link/transport.js'
import type { Model } from './model/model.js'
import { DRAFTS, type Draft } from './send/draft.js'
import { Sender } from './send/sender.js'
import { CACHE_VERSION, Replica } from './store/replica.js'
import type { Storage, StorageAdapter, Write } from './store/storage.js'
import { BackOff, type BackOffOptions } from './sync/back-off.js'
import { type Address, Connection } from './sync/connection.js'
import { Engine } from './sync/engine.js'
import { watchEnvironment } from './sync/environment.js'
import type { State } from './sync/states.js'
import { Office } from './tabs/office.js'
import type { Tabs } from './tabs/tabs.js'
import { Watch } from './tabs/watch.js'
import { openTabs } from './tabs/web-tabs.js'

/** Who is logged in, as it is kept. */
export interface Login {
  userId: string
  token: string
  /** For addresses of files. Logins that were kept before there were such tokens have none. */
  fileToken?: string
  /** As it was when logging in. */
  user: UserObject
}

export interface AccountOptions {
  login: Login
  /** Tells servers and apps apart. */
  name: string
  adapter: StorageAdapter
  storage: Storage
  rest: Rest
  files: Files
  model: Model
  transport: Transport
  pushUrl: string | undefined
  device: string | undefined
  keepaliveS: number
  backOff: BackOffOptions
  onStatus(event: StatusEvent): void
  /** Another tab has logged out, or been logged out. */
  onLoggedOut(reason: 'logout' | 'rejected'): void
}

/** How long (ms) an imToken and push's address are used for further connects. */
const ADDRESS_LIFETIME_MS = 10 * 60_000

type TabMessage =
  | { kind: 'status'; event: StatusEvent }
  | { kind: 'loggedOut'; reason: 'logout' | 'rejected'; token: string }
  | { kind: 'progress'; draft: Draft; part: number }
  | { kind: 'notification'; frame: NotificationFrame }
  | { kind: 'uncached' }

/** Everything that runs while somebody is logged in. In the tab that leads it syncs and sends; the others follow. */
export class Account {
  readonly #tabs: Tabs
  readonly #replica: Replica
  readonly #engine: Engine
  readonly #sender: Sender
  readonly #connection: Connection
  readonly #office
  readonly #watch: Watch
  readonly #offs: (() => void)[] = []
  #isLeading = false
  #isClosed = false
  #isPolling = false
  /** As the tab that leads says. */
  #state: State = 'idle'
  #address: (Address & { until: number }) | undefined

  private constructor(private readonly options: AccountOptions) {
    const { login, name, adapter, storage, rest, files, model } = options
    this.#tabs = openTabs(`nudge ${CACHE_VERSION} ${name} ${login.userId}`, adapter.isShared)
    this.#replica = new Replica(storage, this.#tabs, {
      scope: scopeOf(login.userId),
      forStorage: adapter.keepsFiles ? (value) => value : withoutFile,
      onStorageFailure: (error) => this.#storageFailed(error),
    })
    this.#watch = new Watch(this.#tabs)
    this.#engine = new Engine({
      rest,
      replica: this.#replica,
      model,
      userId: login.userId,
      messagesPerSession: adapter.messagesPerSession,
      backOff: options.backOff,
      onRefused: (_key, error) => model.events.emit('error', error),
      onHeld: (sync, stamp) => model.events.emit('trace', { kind: 'held', sync, stamp }),
    })
    this.#sender = new Sender({
      rest,
      files,
      outbox: model.outbox,
      replica: this.#replica,
      backOff: options.backOff,
      prepare: async (sessionId) => {
        await this.#engine.messages.prepare(sessionId)
      },
      stored: (draft, row) => this.#engine.messages.stored(draft, row),
      onProgress: (draft, part) => this.#progressed(draft, part),
    })
    this.#connection = new Connection({
      transport: options.transport,
      clientId: `nudge-${guid()}`,
      keepaliveS: options.keepaliveS,
      backOff: options.backOff,
      address: (isFresh) => this.#whereTo(isFresh),
      catchUp: () => this.#engine.catchUp(),
      onState: (state, previous, retryAt) => this.#moved(state, previous, retryAt),
      onFailure: (error) => {
        const failure = error instanceof NudgeError ? error : new NudgeError('Internal', String(error))
        // No network is no news, and neither is a login that has ended: the state says it.
        if (!failure.isPassing && failure.status !== 401) model.events.emit('error', failure)
      },
      onNotification: (frame) => {
        this.#tell(frame)
        this.#tabs.post({ kind: 'notification', frame } satisfies TabMessage)
        this.#engine.onNotification(frame)
      },
      onFrame: (payload) => {
        if (!model.events.isHeard('trace')) return
        const frame = parseJson(payload) ?? { unreadable: payload }
        model.events.emit('trace', { kind: 'frame', frame })
      },
    })
    this.#office = new Office(this.#tabs, {
      state: async () => this.#connection.state,
      pull: (key: string) => this.#engine.queue.pull(key),
      loadOlder: (sessionId: string, count: number) => this.#engine.messages.loadOlder(sessionId, count),
      notify: (topic: string, message: Record<string, unknown>) => this.#connection.notify(topic, message),
      cancel: (key: string) => this.#sender.cancel(key),
      resend: (key: string) => this.#sender.resend(key),
      start: async () => this.#connection.start(),
      wake: async () => this.#wake(),
      uncached: () => this.#replica.uncached(),
    })
  }

  /** Shows what this device has, and begins to sync in the background. */
  static async open(options: AccountOptions): Promise<Account> {
    const account = new Account(options)
    try {
      await account.#open()
    } catch (error) {
      await account.close()
      throw error
    }
    return account
  }

  static async clear(storage: Storage, userId: string): Promise<void> {
    await storage.clear(scopeOf(userId))
  }

  get state(): State {
    return this.#state
  }

  /** After being kicked: takes the place back. */
  async start(): Promise<void> {
    await this.#office.ask('start')
  }

  /** Resolves when everything is kept. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const off of this.#offs) off()
    this.#connection.stop()
    this.#sender.stop()
    this.#engine.queue.stop()
    this.#office.close()
    this.#watch.close()
    await this.#replica.close()
    this.#tabs.close()
  }

  tellLoggedOut(reason: 'logout' | 'rejected'): void {
    const { token } = this.options.login
    this.#tabs.post({ kind: 'loggedOut', reason, token } satisfies TabMessage)
  }

  async #open(): Promise<void> {
    const { model, login } = this.options
    this.#offs.push(this.#tabs.onMessage((message) => this.#receive(message as TabMessage)))
    // A server that was set up anew gives out the same ids to others.
    const { createdAt } = login.user
    if ((await this.#replica.get('since')) !== createdAt) {
      await this.#replica.clear()
      await this.#replica.commit([['since', createdAt]])
    }
    await model.attach({
      userId: login.userId,
      replica: this.#replica,
      pull: (key) => this.#office.ask('pull', key),
      loadOlder: (sessionId, count) => this.#office.ask('loadOlder', sessionId, count),
      notify: (type, sessionId, message) =>
        this.#office.ask('notify', sessionTopic(type, sessionId), message),
      cancel: (key) => this.#office.ask('cancel', key),
      resend: (key) => this.#office.ask('resend', key),
      watch: (key, isWatched) => this.#watch.set(key, isWatched),
      watched: () => this.#watch.all(),
    })
    // The profile is there from the first moment on.
    if (model.profile.cursor === undefined) await this.#replica.commit(model.profile.writesOf([login.user]))
    this.#offs.push(this.#replica.onCommit((writes) => this.#lookForDrafts(writes)))
    this.#offs.push(
      watchEnvironment({ onWake: () => void this.#askToWake(), onNetworkLost: () => this.#networkLost() }),
    )
    // Where locks are refused, as in some frames, there is nobody to share with.
    void this.#tabs
      .lead()
      .catch(() => {})
      .then(() => this.#leadUntilItWorks())
    void this.#followUncached()
    void this.#office.ask('state').then(
      (state) => {
        if (!this.#isLeading) this.#moved(state, this.#state, undefined)
      },
      () => {},
    )
  }

  #storageFailed(error: unknown): void {
    const failure = new NudgeError('Internal', `the storage failed: ${String(error)}`)
    this.options.model.events.emit('error', failure)
  }

  async #leadUntilItWorks(): Promise<void> {
    const backOff = new BackOff(this.options.backOff)
    while (!this.#isClosed && !this.#isLeading) {
      try {
        await this.#lead()
      } catch (error) {
        if (this.#isClosed) return
        this.#storageFailed(error)
        await new Promise((resolve) => setTimeout(resolve, backOff.next()))
      }
    }
  }

  async #lead(): Promise<void> {
    if (this.#isClosed) return
    // What the tab before us wrote last, it may not have lived to tell.
    await this.options.model.restore()
    if (this.#isClosed) return
    await this.#engine.restore()
    if (this.#isClosed) return
    this.#isLeading = true
    this.#engine.queue.start()
    this.#sender.start()
    this.#office.lead()
    this.#connection.start()
  }

  #tell({ message, stamp }: NotificationFrame): void {
    const { events } = this.options.model
    for (const sync of message.syncs ?? []) {
      events.emit('sync', { sync, ...(stamp !== undefined && { stamp }) })
    }
    events.emit('notification', message)
  }

  #receive(message: TabMessage): void {
    const { model, login, onLoggedOut } = this.options
    if (message.kind === 'status' && !this.#isLeading) this.#show(message.event)
    if (message.kind === 'progress') model.progressed(message.draft, message.part)
    // A tab that slept may tell of a login that is long over.
    if (message.kind === 'loggedOut' && message.token === login.token) onLoggedOut(message.reason)
    if (message.kind === 'notification') this.#tell(message.frame)
    if (message.kind === 'uncached') void this.#followUncached()
  }

  /** One at a time, however many tries there are meanwhile. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return
    this.#isPolling = true
    await this.#engine.catchUp().catch(() => {})
    this.#isPolling = false
  }

  /** Where the tab that leads has nowhere to keep the cache, this one holds it in memory, too. */
  async #followUncached(): Promise<void> {
    const rows = await this.#office.ask('uncached').catch(() => undefined)
    if (rows && !this.#isLeading) this.#replica.goUncached(rows)
  }

  #moved(state: State, previous: State, retryAt: number | undefined): void {
    if (this.#isClosed) return
    const event: StatusEvent = { state, previous, ...(retryAt !== undefined && { retryAt }) }
    // Without push the lists are looked at with every try: who cannot be nudged asks.
    if (state === 'offline' && previous === 'connecting') void this.#poll()
    if (state === 'catchingUp') this.#hurry()
    this.#show(event)
    if (this.#isLeading) this.#tabs.post({ kind: 'status', event } satisfies TabMessage)
  }

  #show(event: StatusEvent): void {
    if (event.state === this.#state && event.state !== 'offline') return
    const previous = this.#state
    this.#state = event.state
    this.options.onStatus({ ...event, previous })
  }

  async #askToWake(): Promise<void> {
    await this.#office.ask('wake').catch(() => {})
  }

  #wake(): void {
    this.#connection.wake()
    this.#hurry()
  }

  #hurry(): void {
    this.#engine.queue.hurry()
    this.#sender.hurry()
    void this.#lookForOrphans()
  }

  /** A tab may have closed between keeping what it wants to send and telling us. */
  async #lookForOrphans(): Promise<void> {
    if (!this.#isLeading) return
    await this.options.model.outbox.load()
    if (!this.#isClosed) this.#sender.lookAtAll()
  }

  #networkLost(): void {
    if (this.#isLeading) this.#connection.networkLost()
  }

  #lookForDrafts(writes: readonly Write[]): void {
    if (!this.#isLeading) return
    for (const [key, value] of writes) {
      if (key.startsWith(DRAFTS) && value !== undefined) this.#sender.look((value as Draft).sessionId)
    }
  }

  #progressed({ upload: _, ...draft }: Draft, part: number): void {
    this.options.model.progressed(draft, part)
    this.#tabs.post({ kind: 'progress', draft, part } satisfies TabMessage)
  }

  /** An imToken, and where to show it. */
  async #whereTo(isFresh: boolean): Promise<Address> {
    if (!isFresh && this.#address && Date.now() < this.#address.until) return this.#address
    const { rest, device, login, pushUrl } = this.options
    const [token, url] = await Promise.all([
      rest.ask<TokenObject>({ method: 'POST', path: 'users/imToken', json: { ...(device && { device }) } }),
      pushUrl ?? this.#askGate(),
    ])
    this.#address = {
      url,
      username: login.userId,
      password: token.access_token,
      until: Date.now() + Math.min(ADDRESS_LIFETIME_MS, token.expires_in * 500),
    }
    return this.#address
  }

  async #askGate(): Promise<string> {
    const { rest } = this.options
    const { data } = await rest.ask<GateObject>({
      method: 'POST',
      path: '/gateHandler',
      isPublic: true,
      json: {},
    })
    return pushAddress(rest.url, data.url)
  }
}

const scopeOf = (userId: string) => `user/${userId}/`

/** For storages that cannot keep files: the draft goes without. */
function withoutFile(value: unknown): unknown {
  const upload = (value as Partial<Draft> | undefined)?.upload
  if (!upload) return value
  const { file: _, ...rest } = upload
  return { ...(value as Draft), upload: rest }
}

/** From the answer of users/login. */
export function loginOf(answer: LoginObject): Login {
  const { token, fileToken, expires: _, key: _key, secret: _secret, ...user } = answer
  return { userId: user.id, token, fileToken, user }
}
