import { userTopic } from '../shared/wire/topics.js'
import type { Connection, Connections } from './connections.js'
import { encodePublish } from './encode.js'
import { flushDue, placeOf, renews, type State } from './outgoing.js'

/** A notification and those whom it concerns. */
export interface Delivery {
  userIds: ReadonlySet<string>
  /** The notification frame, written once for everyone. */
  payload: Buffer
  /** Set when it only says where to look. */
  state?: State | undefined
  /** The session whose members they are, if it goes to a session. */
  sessionId?: string
}

interface Waiting {
  delivery: Delivery
  except: Connection | undefined
}

/**
 * Hands notifications to the sockets of everyone concerned who is connected here, at the end of the tick that they
 * came in. A state that waits until then for the same users is renewed in its place: however often a busy session is
 * announced in one tick, its members are walked through once.
 */
export class Deliveries {
  #waiting: Waiting[] = []
  /** Of those that wait, the last of each state. */
  readonly #states = new Map<string, Waiting>()
  /** Called when all that waits has been handed over. */
  #afterwards: (() => void)[] = []

  constructor(private readonly connections: Connections) {}

  /** `except` is the sender's connection. */
  put(delivery: Delivery, except?: Connection): void {
    const place = delivery.state && placeOf(delivery.state)
    const before = place === undefined ? undefined : this.#states.get(place)
    // The same set of members, not an equal one: whoever has left meanwhile was concerned by the older one.
    if (before?.delivery.userIds === delivery.userIds && before.except === except) {
      if (renews(delivery.state, before.delivery.state)) before.delivery = delivery
      return
    }
    const waiting = { delivery, except }
    if (this.#waiting.push(waiting) === 1) setImmediate(() => this.#flush())
    if (place !== undefined) this.#states.set(place, waiting)
  }

  /** Calls back when everything that was put before has been handed to the sockets, as acks promise; in order. */
  afterwards(callback: () => void): void {
    if (this.#waiting.length === 0) callback()
    else this.#afterwards.push(callback)
  }

  #flush(): void {
    const [waiting, afterwards] = [this.#waiting, this.#afterwards]
    this.#waiting = []
    this.#afterwards = []
    this.#states.clear()
    for (const { delivery, except } of waiting) this.#deliver(delivery, except)
    for (const callback of afterwards) callback()
    flushDue()
  }

  #deliver({ userIds, payload, state }: Delivery, except: Connection | undefined): void {
    for (const userId of connectedOf(this.connections, userIds)) {
      const own = this.connections.of(userId)
      if (!own) continue
      // The topic is the user's, so that clients which route by topic understand it; old ones ignore it.
      const packet = encodePublish(userTopic(userId), payload)
      for (const connection of own) if (connection !== except) connection.send(packet, state)
    }
  }
}

/** Walks over whichever is smaller: a large group on a quiet node, or a pair on a busy one. */
function connectedOf(connections: Connections, userIds: ReadonlySet<string>): Iterable<string> {
  if (userIds.size <= connections.userCount) return userIds
  return [...connections.userIds()].filter((userId) => userIds.has(userId))
}
