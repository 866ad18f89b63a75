import { attempt, type Unsubscribe } from '../events.js'

/**
 * A list that keeps itself in order and up to date. `items` is a new array after every change and the same one until
 * then, which is what `useSyncExternalStore` and the like want:
 * `useSyncExternalStore(list.subscribe, () => list.items)`.
 */
export abstract class LiveList<T> implements Iterable<T> {
  #listeners = new Set<() => void>()
  #items: readonly T[] | undefined
  #isTelling = false

  /** In order. */
  get items(): readonly T[] {
    this.#items ??= Object.freeze(this.arrange())
    return this.#items
  }

  get size(): number {
    return this.items.length
  }

  /** Through `items`. */
  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]()
  }

  /** Calls `listener` after changes, once for several that come together. Returns what ends that. */
  subscribe = (listener: () => void): Unsubscribe => {
    const own = () => listener()
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  /** Resolves as soon as the list is as `fits` wants it; at once when it is. */
  until(fits: (items: readonly T[]) => boolean): Promise<readonly T[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (!fits(this.items)) return false
        resolve(this.items)
        return true
      }
      if (look()) return
      const off = this.subscribe(() => {
        if (look()) off()
      })
    })
  }

  /** What the list shows, in its order: a new array. */
  protected abstract arrange(): T[]

  protected changed(): void {
    this.#items = undefined
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      for (const listener of [...this.#listeners]) attempt(listener)
    })
  }
}
