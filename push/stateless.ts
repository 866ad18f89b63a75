import { Readable } from 'node:stream'
import type { Client } from 'aedes'

type Done = (() => void) | undefined

/**
 * Stands in for Aedes's message bus: what clients publish goes to the relay and to no subscriber, so there is
 * nothing to match and to carry. Suppresses the broker's own fan-out by construction.
 */
export class NoEmitter {
  on(_topic: string, _listener: unknown, done: Done): void {
    done?.()
  }

  removeListener(_topic: string, _listener: unknown, done: Done): void {
    done?.()
  }

  emit(_packet: unknown, done: Done): void {
    done?.()
  }

  close(done: Done): void {
    done?.()
  }
}

interface WithMessageId {
  messageId?: number
}

/**
 * Stands in for Aedes's store: no retained messages, wills, subscriptions or queues for absent clients (design
 * I2). Only the ids of QoS 2 messages between PUBLISH and PUBREL are kept, as long as their connection lives.
 */
export class NoPersistence {
  #unreleased = new WeakMap<Client, Set<number>>()

  constructor(private readonly maxUnreleased: number) {}

  /**
   * Notes a QoS 2 message. Of what has been noted already this is a repetition; when too many are noted, the
   * client does not release them.
   */
  note(client: Client, messageId: number): 'new' | 'repeated' | 'too many' {
    const ids = this.#unreleased.get(client) ?? new Set()
    this.#unreleased.set(client, ids)
    if (ids.has(messageId)) return 'repeated'
    if (ids.size >= this.maxUnreleased) return 'too many'
    ids.add(messageId)
    return 'new'
  }

  /** Aedes answers PUBREC and goes no further with a message that is found here. */
  async incomingGetPacket(client: Client, packet: WithMessageId): Promise<WithMessageId> {
    if (this.#unreleased.get(client)?.has(packet.messageId ?? 0)) return packet
    throw new Error('no such packet')
  }

  async incomingDelPacket(client: Client, packet: WithMessageId): Promise<void> {
    this.#unreleased.get(client)?.delete(packet.messageId ?? 0)
  }

  // Aedes insists on `setup` being declared async. The rest is never kept and never found.
  async setup(): Promise<void> {}
  async incomingStorePacket(): Promise<void> {}
  async storeRetained(): Promise<void> {}
  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  async addSubscriptions(): Promise<void> {}
  async removeSubscriptions(): Promise<void> {}
  async cleanSubscriptions(): Promise<void> {}
  async outgoingEnqueue(): Promise<void> {}
  async outgoingEnqueueCombi(): Promise<void> {}
  async outgoingUpdate(): Promise<void> {}
  async outgoingClearMessageId(): Promise<void> {}

  async subscriptionsByClient(): Promise<[]> {
    return []
  }

  async subscriptionsByTopic(): Promise<[]> {
    return []
  }

  outgoingStream(): Readable {
    return new Nothing()
  }

  createRetainedStreamCombi(): Readable {
    return new Nothing()
  }

  streamWill(): Readable {
    return new Nothing()
  }
}

/** Ends at once. `Readable.from([])` does so too, by way of a generator: garbage that every CONNECT would leave. */
class Nothing extends Readable {
  override _read(): void {
    this.push(null)
  }
}
