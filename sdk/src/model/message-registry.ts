import type { Message } from './message.js'

/**
 * The messages that anybody holds, by id: there is one object of each, which changes for all who hold it. Whatever
 * nobody holds any more is let go.
 */
export class MessageRegistry {
  #held = new Map<string, WeakRef<Message>>()
  #released = new FinalizationRegistry<string>((id) => {
    if (this.#held.get(id)?.deref() === undefined) this.#held.delete(id)
  })

  find(id: string): Message | undefined {
    return this.#held.get(id)?.deref()
  }

  /** A message that is stored: it has an id. */
  add(message: Message): void {
    const { id } = message
    if (id === undefined || this.find(id) === message) return
    this.#held.set(id, new WeakRef(message))
    this.#released.register(message, id)
  }

  clear(): void {
    this.#held.clear()
  }
}
