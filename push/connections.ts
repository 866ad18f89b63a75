import type { Duplex } from 'node:stream'
import type { Log } from '../shared/server/log.js'
import { ReturnCode } from '../shared/wire/codes.js'
import { userTopic } from '../shared/wire/topics.js'
import type { PushLimits } from './config.js'
import type { Identity } from './connect.js'
import { encodeFrame, encodePublish } from './encode.js'
import { Inbox } from './inbox.js'
import { Outgoing, type State } from './outgoing.js'
import { Pace } from './pace.js'

/** How long (ms) a kicked device may take to read that it was, and to leave. */
const LEAVE_LIMIT_MS = 2000

const UNPACED: Pace[] = []

/** One socket whose owner is known. */
export class Connection {
  readonly inbox: Inbox
  readonly #outgoing: Outgoing
  readonly #paces: Pace[]
  #turn: Promise<boolean> | undefined
  /** A frame waits for its turn. */
  #isWaiting = false
  #isCut = false

  /** `userPace` is shared by all connections of the user. */
  constructor(
    readonly identity: Identity,
    private readonly conn: Duplex,
    limits: PushLimits,
    private readonly log: Log,
    userPace?: Pace,
  ) {
    this.inbox = new Inbox(limits.maxInboxBytes)
    this.#outgoing = new Outgoing(conn, limits, (reason) => this.#giveUp(reason))
    this.#paces = userPace && limits.frames ? [new Pace(limits.frames.perConnection), userPace] : UNPACED
  }

  /** Its socket must not be read now: too many frames wait for an answer, or they come too fast. */
  get isBusy(): boolean {
    return this.#isWaiting || this.inbox.isFull
  }

  /** It was closed by us: nothing that its client has sent counts any more. */
  get isCut(): boolean {
    return this.#isCut
  }

  /**
   * Resolves when the next frame may be dealt with, one after the other at the allowed pace. False: no more,
   * since it was cut, or is gone and had been too fast. Whoever publishes and leaves is heard.
   */
  turn(): Promise<boolean> {
    if (this.#paces.length === 0) return Promise.resolve(!this.#isCut)
    const before = this.#turn ?? Promise.resolve(true)
    const turn = before.then((goesOn) => goesOn && this.#awaitTurn())
    this.#turn = turn
    return turn
  }

  async #awaitTurn(): Promise<boolean> {
    // Taken one at a time, so that whoever floods and leaves owes nothing for what was never dealt with.
    const waitMs = Math.max(...this.#paces.map((pace) => pace.take()))
    if (waitMs > 0 && !this.conn.destroyed) {
      this.#isWaiting = true
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer)
          this.conn.off('close', end)
          resolve()
        }
        const timer = setTimeout(end, waitMs)
        timer.unref()
        this.onClose(end)
      })
      this.#isWaiting = false
    }
    return !this.#isCut && !(waitMs > 0 && this.conn.destroyed)
  }

  get isOpen(): boolean {
    return !this.conn.destroyed && this.conn.writable
  }

  /** Sends a frame on the owner's user topic. */
  sendFrame(frame: object): void {
    this.send(this.#toPacket(frame))
  }

  #toPacket(frame: object): Buffer {
    return encodePublish(userTopic(this.identity.userId), encodeFrame(frame))
  }

  /** Sends an encoded packet; a `state` that still waits is renewed by it. */
  send(packet: Buffer, state?: State): void {
    this.#outgoing.put(packet, state)
  }

  /** Tells the device that another one has taken its place, upon which it logs out, and closes. */
  kick(): void {
    this.#outgoing.end(this.#toPacket({ returnCode: ReturnCode.kicked }))
    const cut = setTimeout(() => this.close('was kicked and does not leave'), LEAVE_LIMIT_MS)
    cut.unref()
    this.onClose(() => clearTimeout(cut))
  }

  /** Cuts the connection. The reason is for the log. */
  close(reason: string): void {
    this.#isCut = true
    this.conn.destroy(new Error(reason))
  }

  #giveUp(reason: 'slow' | 'dead'): void {
    const facts = { userId: this.identity.userId, unsentBytes: this.#outgoing.unsentBytes }
    if (reason === 'slow') this.log.warn(facts, 'slow reader dropped')
    else this.log.info(facts, 'dead connection dropped')
    this.close(reason === 'slow' ? 'reads too slowly' : 'reads nothing any more')
  }

  onClose(listener: () => void): void {
    this.conn.on('close', listener)
  }
}

/** Which users are connected to this node, and by which connections. */
export class Connections {
  /** Lists, as most users have a single connection, and a set takes several times as much. */
  #byUser = new Map<string, Connection[]>()
  #count = 0

  /** `onEdge` is called when a user's first connection has come, and when the last one has gone. */
  constructor(
    private readonly maxPerUser: number,
    private readonly onEdge: (userId: string) => void = () => {},
  ) {}

  /** Connections of users; the API's own are not counted. */
  get count(): number {
    return this.#count
  }

  get userCount(): number {
    return this.#byUser.size
  }

  /** Adds a connection until it closes. When its user has too many then, the oldest is closed. */
  add(connection: Connection): void {
    const { userId } = connection.identity
    const own = this.#byUser.get(userId) ?? []
    own.push(connection)
    this.#byUser.set(userId, own)
    this.#count += 1
    if (own.length === 1) this.onEdge(userId)
    connection.onClose(() => this.#remove(connection))
    for (const oldest of own.slice(0, -this.maxPerUser)) {
      this.#remove(oldest)
      oldest.close('too many connections of one user')
    }
  }

  #remove(connection: Connection): void {
    const { userId } = connection.identity
    const own = this.#byUser.get(userId)
    const at = own?.indexOf(connection) ?? -1
    if (!own || at < 0) return
    own.splice(at, 1)
    this.#count -= 1
    if (own.length > 0) return
    this.#byUser.delete(userId)
    this.onEdge(userId)
  }

  of(userId: string): readonly Connection[] | undefined {
    return this.#byUser.get(userId)
  }

  userIds(): Iterable<string> {
    return this.#byUser.keys()
  }
}
