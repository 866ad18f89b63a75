import type { Range, Storage, StorageAdapter, Write } from './storage.js'

/**
 * Keeps things as long as the adapter lives: for Node.js, for tests, and for browsers that allow nothing else.
 * Opening a name again finds what was there.
 */
export function memoryStorage(): StorageAdapter {
  const tables = new Map<string, SortedTable>()
  return {
    isShared: false,
    keepsFiles: true,
    messagesPerSession: 500,
    async open(name) {
      const table = tables.get(name) ?? new SortedTable()
      tables.set(name, table)
      return new MemoryStorage(table)
    },
  }
}

class MemoryStorage implements Storage {
  #table: SortedTable
  #isClosed = false

  constructor(table: SortedTable) {
    this.#table = table
  }

  async get(key: string): Promise<unknown> {
    return copy(this.#open().get(key))
  }

  async list({ prefix, before, limit, reverse }: Range): Promise<[string, unknown][]> {
    const table = this.#open()
    const keys = table.keys(prefix, before)
    if (reverse) keys.reverse()
    return keys.slice(0, limit).map((key) => [key, copy(table.get(key))])
  }

  async write(writes: readonly Write[]): Promise<void> {
    const table = this.#open()
    // All are copied before the first is kept: a value that cannot be kept leaves everything as it was.
    const copies = writes.map(([key, value]): Write => [key, copy(value)])
    for (const [key, value] of copies) table.set(key, value)
  }

  async clear(prefix: string): Promise<void> {
    const table = this.#open()
    for (const key of table.keys(prefix).reverse()) table.set(key, undefined)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #open(): SortedTable {
    if (this.#isClosed) throw new Error('The storage is closed.')
    return this.#table
  }
}

/** A map with its keys in order as well, so that a list looks only at what it returns. */
class SortedTable {
  #values = new Map<string, unknown>()
  #keys: string[] = []

  get(key: string): unknown {
    return this.#values.get(key)
  }

  /** `undefined` removes the key. */
  set(key: string, value: unknown): void {
    const isNew = !this.#values.has(key)
    if (value === undefined) {
      if (isNew) return
      this.#values.delete(key)
      this.#keys.splice(
        this.#indexWhere((it) => it >= key),
        1,
      )
    } else {
      this.#values.set(key, value)
      if (isNew)
        this.#keys.splice(
          this.#indexWhere((it) => it >= key),
          0,
          key,
        )
    }
  }

  /** Ascending. */
  keys(prefix: string, before?: string): string[] {
    const start = this.#indexWhere((key) => key >= prefix)
    const isPast = (key: string) => !key.startsWith(prefix) || (before !== undefined && key >= before)
    return this.#keys.slice(
      start,
      this.#indexWhere((key) => isPast(key), start),
    )
  }

  /** The first place from `start` on where `fits` is true; it is for every later one as well. */
  #indexWhere(fits: (key: string) => boolean, start = 0): number {
    let low = start
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (fits(this.#keys[middle] as string)) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Not by `structuredClone`, which makes a nameless Blob of a File in Node 20. Neither can be changed anyway. */
function copy(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`A ${typeof value} cannot be kept.`)
  }
  if (typeof value !== 'object' || value === null || value instanceof Blob) return value
  if (Array.isArray(value)) return value.map(copy)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]))
}
