import type { Identity, UserIdentity } from './connect.js'
import type { Connection } from './connections.js'

/**
 * Who holds the one place that a user has in each class of devices, in apps that kick: a new device takes it, one
 * that only reconnects does not. (yun2win.md §2.3)
 */
export class Places {
  readonly #holders = new Map<string, Connection>()

  /** Whether a device that reconnects finds its place taken by another one. */
  isTaken(identity: Identity): boolean {
    const place = placeOf(identity)
    if (!place?.device.isReconnection) return false
    const holder = this.#holders.get(place.key)
    return holder !== undefined && !isSameDevice(holder.identity, identity)
  }

  /** Gives a connection its place. Returns who held it and has to go; the same device is replaced by the broker. */
  take(connection: Connection): Connection | undefined {
    const place = placeOf(connection.identity)
    if (!place) return undefined
    const before = this.#holders.get(place.key)
    this.#holders.set(place.key, connection)
    connection.onClose(() => {
      if (this.#holders.get(place.key) === connection) this.#holders.delete(place.key)
    })
    return before && !isSameDevice(before.identity, connection.identity) ? before : undefined
  }
}

function placeOf(identity: Identity): (UserIdentity & { key: string }) | undefined {
  if (identity.kind !== 'user' || !identity.kicks || identity.device.deviceClass === undefined)
    return undefined
  return { ...identity, key: `${identity.userId} ${identity.device.deviceClass}` }
}

function isSameDevice(one: Identity, other: Identity): boolean {
  return one.kind === 'user' && other.kind === 'user' && one.device.instance === other.device.instance
}
