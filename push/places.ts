import { LRUCache } from 'lru-cache'
import { TOKEN_LIFETIME_S } from '../shared/server/tokens.js'
import type { Identity } from './connect.js'
import type { Connection } from './connections.js'

/** Bounds the memory; whoever falls out is let in again. */
const MAX_PLACES = 100_000

interface Place {
  /** The device that took it last, whether it is connected or not. */
  instance: string
  /** When (s) each other device lost it: with an older token it does not get it back. */
  lost: Map<string, number>
  /** The connection of that device, while there is one. */
  holder: Connection | undefined
}

/** Devices that a place remembers to have lost it. */
const MAX_LOST = 20

/**
 * Who holds the one place that a user has in each class of devices, in apps that kick: a device that comes anew
 * takes it, one that reconnects does not. (yun2win.md §2.3) An old client's id says which it is; any other device
 * that was kicked comes anew with an imToken that is newer than that.
 */
export class Places {
  readonly #places = new LRUCache<string, Place>({ max: MAX_PLACES, ttl: TOKEN_LIFETIME_S.im * 1000 })

  constructor(private readonly now: () => number = Date.now) {}

  /** Whether a device that reconnects finds its place taken by another one. */
  isTaken(identity: Identity): boolean {
    const key = keyOf(identity)
    const place = key && this.#places.get(key)
    if (!place || identity.kind !== 'user' || place.instance === identity.device.instance) return false
    if (identity.device.isReconnection !== undefined) return identity.device.isReconnection
    const lostAt = place.lost.get(identity.device.instance)
    return lostAt !== undefined && identity.issuedAt <= lostAt
  }

  /** Gives a connection its place. Returns who held it and has to go; the same device is replaced by the broker. */
  take(connection: Connection): Connection | undefined {
    const { identity } = connection
    const key = keyOf(identity)
    if (!key || identity.kind !== 'user') return undefined
    const { instance } = identity.device
    const place = this.#places.get(key) ?? { instance, lost: new Map(), holder: undefined }
    const before = place.instance === instance ? undefined : place.holder
    if (place.instance !== instance) {
      place.lost.set(place.instance, Math.floor(this.now() / 1000))
      for (const [oldest] of place.lost) if (place.lost.size > MAX_LOST) place.lost.delete(oldest)
    }
    place.lost.delete(instance)
    place.instance = instance
    place.holder = connection
    this.#places.set(key, place)
    connection.onClose(() => {
      if (place.holder === connection) place.holder = undefined
    })
    return before
  }
}

/** Undefined for who excludes nobody. */
function keyOf(identity: Identity): string | undefined {
  if (identity.kind !== 'user' || !identity.kicks || identity.device.deviceClass === undefined)
    return undefined
  return `${identity.userId} ${identity.device.deviceClass}`
}
