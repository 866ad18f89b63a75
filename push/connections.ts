import type { Duplex } from 'node:stream'
import type { Log } from '../shared/server/log.js'
import { userTopic } from '../shared/wire/topics.js'
import type { PushLimits } from './config.js'
import type { Identity } from './connect.js'
import { encodeFrame, encodePublish } from './encode.js'
import { Inbox } from './inbox.js'

/** One socket whose owner is known. */
export class Connection {
  readonly inbox: Inbox

  constructor(
    readonly identity: Identity,
    private readonly conn: Duplex,
    private readonly limits: PushLimits,
    private readonly log: Log,
  ) {
    this.inbox = new Inbox(limits.maxInboxBytes)
  }

  get isOpen(): boolean {
    return !this.conn.destroyed && this.conn.writable
  }

  /** Sends a frame on the owner's user topic. */
  sendFrame(frame: object): void {
    this.send(encodePublish(userTopic(this.identity.userId), encodeFrame(frame)))
  }

  /** Sends an encoded packet, or drops the connection when it does not read what it was sent. */
  send(packet: Buffer): void {
    if (!this.isOpen) return
    if (this.conn.writableLength > this.limits.maxUnsentBytes) {
      this.log.warn(
        { userId: this.identity.userId, unsentBytes: this.conn.writableLength },
        'slow reader dropped',
      )
      this.close('does not read what it is sent')
      return
    }
    this.conn.write(packet)
  }

  /** Cuts the connection. The reason is for the log. */
  close(reason: string): void {
    this.conn.destroy(new Error(reason))
  }

  onClose(listener: () => void): void {
    this.conn.once('close', listener)
  }
}

/** Which users are connected to this node, and by which connections. */
export class Connections {
  #byUser = new Map<string, Set<Connection>>()
  #count = 0

  constructor(private readonly maxPerUser: number) {}

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
    const own = this.#byUser.get(userId) ?? new Set()
    this.#byUser.set(userId, own.add(connection))
    this.#count += 1
    connection.onClose(() => this.#remove(connection))
    for (const oldest of own) {
      if (own.size <= this.maxPerUser) break
      this.#remove(oldest)
      oldest.close('too many connections of one user')
    }
  }

  #remove(connection: Connection): void {
    const { userId } = connection.identity
    const own = this.#byUser.get(userId)
    if (!own?.delete(connection)) return
    this.#count -= 1
    if (own.size === 0) this.#byUser.delete(userId)
  }

  of(userId: string): ReadonlySet<Connection> | undefined {
    return this.#byUser.get(userId)
  }

  userIds(): Iterable<string> {
    return this.#byUser.keys()
  }
}
