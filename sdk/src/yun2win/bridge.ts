import { SyncType } from '../../../shared/wire/sync-types.js'
import { NudgeError } from '../errors.js'
import { attempt } from '../events.js'
import { guid } from '../guid.js'
import { BackOff } from '../sync/back-off.js'
import { type Failure, failureOf } from './callbacks.js'
import { connectionReturnCode, connectionStatus } from './codes.js'
import type { CurrentUser } from './current-user.js'
import { type Device, IMClient, type IMNotification, type IMSession } from './im-client.js'
import type { Message } from './messages.js'
import { imSessionOf, liveMembers, membersSince, Repair } from './repair.js'
import { sendFile, sendText } from './sending.js'
import type { Session } from './sessions.js'
import { keepGoing, Turns } from './turns.js'

/** What the screen is told of a message that is being sent. */
export interface SendOptions {
  /** Show it: its `status` is `storing`. */
  showMsg?(message: Message): void
  /** `id` is the one that `showMsg` was given; `message.status` is `storefailed`. */
  storeMsgFailed?(id: string | undefined, err: Failure): void
  /** `id` is the one that `showMsg` was given; `message.id` is the server's, and its `status` `stored`. */
  storeMsgDone?(id: string, scene: string, targetId: string, message: Message): void
}

/** Something that waits to be sent. Those of your own types carry what your handler needs. */
export interface SendObj {
  /** One of `sendTypes`. */
  type: number | string
  targetId: string
  /** `p2p`, `group` or `single` */
  scene: string
  text?: string
  file?: Blob
  options?: SendOptions | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the app's own
  [more: string]: any
}

/** Something to be pulled, as a notification names it. */
export interface SyncObj {
  /** One of `syncTypes`. */
  type: number | string
  /** `<type>_<id>`, with `syncTypes.message`. */
  sessionId?: string
  // biome-ignore lint/suspicious/noExplicitAny: the app's own
  [more: string]: any
}

/** So often a pull or a send is tried before it is given up. */
const TRIES = 4

/**
 * The bridge between push and the data: connects by itself, pulls what notifications name, sends messages in their
 * order, tells the other members, and does what push's answers ask for.
 *
 * For types of your own add them to `sendTypes` or `syncTypes` and handle them in `handleSendMessage` or
 * `handleMessage`: override these on an object, on the prototype, on the class, or in a subclass. The first item of
 * `sendList` or `syncList` is the one to handle; call the method again when done.
 */
export class Y2wIMBridge {
  /** Of all bridges: what is added to them is known to all. */
  static sendTypes: Record<string, number | string> & { text: number; file: number } = { text: 0, file: 1 }
  /** Of all bridges: what is added to them is known to all. */
  static syncTypes: Record<string, number | string> & {
    userConversation: number
    message: number
    contact: number
    userSession: number
  } = {
    userConversation: SyncType.userConversations,
    message: SyncType.messages,
    contact: SyncType.contacts,
    userSession: SyncType.userSessions,
  }

  readonly user: CurrentUser
  /** What waits to be sent; the first one is being sent. */
  readonly sendList: SendObj[]
  /** What waits to be pulled; the first one is being pulled. */
  readonly syncList: SyncObj[]
  readonly #sends: Turns<SendObj>
  readonly #syncs: Turns<SyncObj>
  /** By key: it was named again while it was being pulled. */
  readonly #repeats = new Set<string>()
  readonly #repair: Repair
  readonly #device: Device = { guid: guid(), wasConnected: false }
  readonly #backOff: BackOff
  #client: IMClient | undefined
  /** Counts connections, so that what belongs to an older one does nothing. */
  #connection = 0
  #renewal: ReturnType<typeof setTimeout> | undefined

  /** Connects. `currentUser.y2wIMBridge` is this bridge from now on. */
  constructor(user: CurrentUser) {
    this.user = user
    const patienceMs = () => user.context.timing.custom
    this.#sends = new Turns({
      handle: () => this.handleSendMessage(),
      fallback: (sendObj) => this.#sendAnyway(sendObj),
      patienceMs,
    })
    this.#syncs = new Turns({
      handle: () => this.handleMessage(),
      fallback: (syncObj) => this.#syncAnyway(syncObj),
      patienceMs,
    })
    this.sendList = this.#sends.list
    this.syncList = this.#syncs.list
    this.#repair = new Repair(user, () => this.#client)
    this.#backOff = new BackOff(user.context.backOff)
    keepGoing(this, 'handleSendMessage', this.#sends)
    keepGoing(this, 'handleMessage', this.#syncs)
    user.y2wIMBridge = this
    this.connect()
  }

  get sendTypes(): typeof Y2wIMBridge.sendTypes {
    return (this.constructor as typeof Y2wIMBridge).sendTypes
  }

  set sendTypes(types: typeof Y2wIMBridge.sendTypes) {
    ;(this.constructor as typeof Y2wIMBridge).sendTypes = types
  }

  get syncTypes(): typeof Y2wIMBridge.syncTypes {
    return (this.constructor as typeof Y2wIMBridge).syncTypes
  }

  set syncTypes(types: typeof Y2wIMBridge.syncTypes) {
    ;(this.constructor as typeof Y2wIMBridge).syncTypes = types
  }

  // --- the connection

  /** Connects anew, as after `disconnect` or after having been kicked. */
  connect(): void {
    this.disconnect()
    const connection = this.#connection
    const open = () => {
      if (this.#connection === connection) this.#open(connection)
    }
    if (this.user.imToken) open()
    else void this.#renew(connection)
  }

  /** Ends the connection. */
  disconnect(cb?: () => void): void {
    this.#connection += 1
    clearTimeout(this.#renewal)
    const client = this.#client
    this.#client = undefined
    if (client) client.disconnect(cb)
    else if (cb) queueMicrotask(() => attempt(cb))
  }

  /** Told of every change of the connection, for you to override. The bridge itself sees to what has to be done. */
  onConnectionStatusChanged(_status: number, _msg?: number): void {}

  /** Told of everything that push brings. What is named in `syncs` and of a known type joins `syncList`. */
  onMessage(obj: IMNotification): void {
    const syncs = obj.message?.syncs
    if (!Array.isArray(syncs)) return
    for (const syncObj of syncs as SyncObj[]) this.#enqueue(syncObj)
  }

  // --- receiving

  /** Handles the first item of `syncList`. Override it to handle types of your own. */
  handleMessage(): void {
    const [syncObj] = this.syncList
    if (syncObj === undefined) return
    const { contact, userConversation, userSession, message } = this.syncTypes
    const next = () => {
      if (this.syncList.length > 0) this.handleMessage()
    }
    switch (syncObj.type) {
      case contact:
        this.handleSync_Contact(syncObj, next)
        break
      case userConversation:
        this.handleSync_UserConversation(syncObj, next)
        break
      case userSession:
        this.handleSync_UserSession(syncObj, next)
        break
      case message:
        this.handleSync_Message(syncObj, next)
    }
  }

  /** Pulls the contacts and takes the item off `syncList`. */
  handleSync_Contact(syncObj: SyncObj, cb: () => void): void {
    void this.#sync(syncObj, () => this.user.contacts.remote.pull(), cb)
  }

  /** Pulls the conversations and takes the item off `syncList`. */
  handleSync_UserConversation(syncObj: SyncObj, cb: () => void): void {
    void this.#sync(syncObj, () => this.user.userConversations.remote.pull(), cb)
  }

  /** Pulls the groups at hand and takes the item off `syncList`. */
  handleSync_UserSession(syncObj: SyncObj, cb: () => void): void {
    void this.#sync(syncObj, () => this.user.userSessions.remote.pull(), cb)
  }

  /** Pulls the messages of the session when it is `currentUser.currentSession`, and takes the item off `syncList`. */
  handleSync_Message(syncObj: SyncObj, cb: () => void): void {
    void this.#sync(syncObj, async () => this.#openSession(syncObj)?.messages.remote.pull() ?? [], cb)
  }

  /**
   * Called after each of these, for you to override and show what is new. `value` is what the callback of the
   * collection's `remote.sync` gets.
   */
  onSynced(_syncObj: SyncObj, _err: Failure | null, _value: unknown): void {}

  // --- sending

  /** Sends a text: to a user (`p2p`, his id) or into a group (`group`, the session's id). */
  sendTextMessage(targetId: string, scene: string, text: string, options?: SendOptions): void {
    this.addToSendList({ type: this.sendTypes.text, targetId, scene, text, options })
  }

  /** Sends a file of an `<input>`: a picture as type `image`, any other as type `file`. */
  sendFileMessage(targetId: string, scene: string, file: Blob, options?: SendOptions): void {
    this.addToSendList({ type: this.sendTypes.file, targetId, scene, file, options })
  }

  /** Everything that is sent goes through here: one after the other, in the order of the calls. */
  addToSendList(sendObj: SendObj): void {
    this.#sends.add(sendObj)
  }

  /** Handles the first item of `sendList`. Override it to handle types of your own. */
  handleSendMessage(): void {
    const [sendObj] = this.sendList
    if (sendObj === undefined) return
    const next = () => {
      if (this.sendList.length > 0) this.handleSendMessage()
    }
    switch (sendObj.type) {
      case this.sendTypes.text:
        this.handleSendTextMessage(sendObj, next)
        break
      case this.sendTypes.file:
        this.handleSendFileMessage(sendObj, next)
    }
  }

  /** Makes the message, shows it, stores it, tells the members, and takes the item off `sendList`. */
  handleSendTextMessage(sendObj: SendObj, cb: () => void): void {
    void this.#send(sendObj, sendText, cb)
  }

  /** Makes the message, shows it, uploads the file, stores it, tells the members, takes the item off `sendList`. */
  handleSendFileMessage(sendObj: SendObj, cb: () => void): void {
    void this.#send(sendObj, sendFile, cb)
  }

  /** Tells the members of a session to pull something: `syncs` as they will find them in their `syncList`. */
  sendMessage(imSession: IMSession, syncs: SyncObj[]): void {
    this.#repair.send(imSession, { syncs })
  }

  /**
   * A session as push knows it.
   *
   * @param withMembers with those who are in it now
   * @param time with those who came or went after this time (ms) instead
   */
  transToIMSession(session: Session, withMembers = false, time?: number): IMSession {
    const imSession = imSessionOf(session)
    if (!withMembers) return imSession
    return { ...imSession, members: time ? membersSince(session, time) : liveMembers(session) }
  }

  /** @internal Tells the members that there is a message. */
  announce(session: Session): void {
    const imSession = imSessionOf(session)
    const { userConversation, message } = this.syncTypes
    this.sendMessage(imSession, [{ type: userConversation }, { type: message, sessionId: imSession.id }])
  }

  /** @internal Tries again what fails in passing, a few times. */
  async persist<T>(act: () => Promise<T>): Promise<T> {
    const backOff = new BackOff(this.user.context.backOff)
    for (let tries = 1; ; tries += 1) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof NudgeError) || !error.isPassing || tries === TRIES) throw error
        const waitMs = backOff.next(error.retryAfterMs)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
  }

  #open(connection: number): void {
    const { user } = this
    const isCurrent = () => this.#connection === connection
    this.#client = new IMClient(
      user.context,
      {
        appKey: user.appKey,
        token: user.imToken ?? '',
        uid: String(user.id),
        onConnectionStatusChanged: (status, msg) => {
          if (!isCurrent()) return
          this.#moved(status, msg, connection)
          this.onConnectionStatusChanged(status, msg)
        },
        onMessage: (obj) => {
          if (isCurrent()) this.onMessage(obj)
        },
      },
      this.#device,
    )
  }

  #moved(status: number, msg: number | undefined, connection: number): void {
    if (status === connectionStatus.connected) {
      this.#backOff.reset()
      this.#pullEverything()
    }
    const { tokenIsInvalid, tokenHasExpired } = connectionReturnCode
    if (status !== connectionStatus.disconnected) return
    if (msg === tokenIsInvalid || msg === tokenHasExpired) {
      this.#renewal = setTimeout(() => void this.#renew(connection), this.#backOff.next())
    }
  }

  /** Gets an imToken and connects with it. Gives up when nobody is logged in any more. */
  async #renew(connection: number): Promise<void> {
    try {
      await this.user.remote.freshImToken()
    } catch (error) {
      if (this.#connection !== connection) return
      if (error instanceof NudgeError && error.isPassing) {
        this.#renewal = setTimeout(() => void this.#renew(connection), this.#backOff.next(error.retryAfterMs))
      } else
        this.onConnectionStatusChanged(connectionStatus.disconnected, connectionReturnCode.tokenIsInvalid)
      return
    }
    if (this.#connection === connection) this.#open(connection)
  }

  /** What was said while nobody listened. */
  #pullEverything(): void {
    const { userConversation, contact, userSession, message } = this.syncTypes
    for (const type of [userConversation, contact, userSession]) this.#enqueue({ type })
    const open = this.user.currentSession
    if (open) this.#enqueue({ type: message, sessionId: imSessionOf(open).id })
  }

  #enqueue(syncObj: SyncObj): void {
    if (typeof syncObj !== 'object' || syncObj === null) return
    if (!Object.values(this.syncTypes).includes(syncObj.type)) return
    const key = this.#keyOf(syncObj)
    const same = key === undefined ? undefined : this.syncList.find((each) => this.#keyOf(each) === key)
    if (!same) this.#syncs.add(syncObj)
    // What waits will find the newest anyway; what is under way may have looked too early.
    else if (key !== undefined && this.#syncs.isHeld(same)) this.#repeats.add(key)
  }

  /** Undefined for types of the app's own: each of them may say something else. */
  #keyOf({ type, sessionId }: SyncObj): string | undefined {
    const { userConversation, contact, userSession, message } = this.syncTypes
    if (type === message) return `${type} ${sessionId}`
    return [userConversation, contact, userSession].includes(type as number) ? String(type) : undefined
  }

  async #sync(syncObj: SyncObj, pull: () => Promise<unknown>, cb: () => void): Promise<void> {
    if (this.#syncs.isHeld(syncObj)) return
    this.#syncs.hold(syncObj)
    const key = this.#keyOf(syncObj) ?? ''
    let error: Failure | null = null
    let value: unknown
    do {
      this.#repeats.delete(key)
      try {
        value = await this.persist(pull)
        error = null
      } catch (reason) {
        error = failureOf(reason)
      }
    } while (this.#repeats.has(key))
    this.#syncs.release(syncObj)
    attempt(() => this.onSynced(syncObj, error, value))
    attempt(cb)
  }

  #openSession({ sessionId }: SyncObj): Session | undefined {
    const { currentSession } = this.user
    return currentSession && imSessionOf(currentSession).id === sessionId ? currentSession : undefined
  }

  async #send(
    sendObj: SendObj,
    send: (bridge: Y2wIMBridge, sendObj: SendObj) => Promise<void>,
    cb: () => void,
  ): Promise<void> {
    if (this.#sends.isHeld(sendObj)) return
    this.#sends.hold(sendObj)
    await send(this, sendObj)
    this.#sends.release(sendObj)
    attempt(cb)
  }

  /** The app's handler does not know this type; ours does. */
  #syncAnyway(syncObj: SyncObj): boolean {
    if (this.#keyOf(syncObj) === undefined) return false
    Y2wIMBridge.prototype.handleMessage.call(this)
    return true
  }

  #sendAnyway({ type }: SendObj): boolean {
    if (type !== this.sendTypes.text && type !== this.sendTypes.file) return false
    Y2wIMBridge.prototype.handleSendMessage.call(this)
    return true
  }
}
