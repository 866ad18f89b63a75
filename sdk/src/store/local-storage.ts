import type { Range, Storage, StorageAdapter, Write } from './storage.js'

/** What is used of `window.localStorage`. */
export type KeyValueArea = Pick<typeof localStorage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>

/** What `localStorageStorage` takes; nothing must be given. */
export interface LocalStorageOptions {
  /** What its keys begin with, to tell them from others of the same origin. */
  prefix?: string
  /** Instead of `window.localStorage`. */
  storage?: KeyValueArea
}

/**
 * Keeps things in `window.localStorage`: about five million characters for all that an origin has there, and no
 * files. For browsers without IndexedDB; a list has to look at every key there is (10 ms for ten thousand).
 *
 * Browsers pass on a moment later what a page has written. So another tab may see it a moment later, and when the
 * page's process is killed the last batches may be lost, as whole ones.
 *
 * Writes of several tabs at once exclude each other by Web Locks. Pages that have none, because they do not come
 * over HTTPS, should be open in one tab only.
 */
export function localStorageStorage(options: LocalStorageOptions = {}): StorageAdapter {
  const { prefix = 'nudge' } = options
  return {
    isShared: true,
    keepsFiles: false,
    messagesPerSession: 100,
    async open(name) {
      // Encoded, so that no name begins with another one and a separator.
      const storage = new LocalStorage(options.storage ?? findArea(), `${prefix}:${encodeURIComponent(name)}`)
      await storage.recover()
      return storage
    },
  }
}

/** Reading the property throws where the user allows no storage. */
function findArea(): KeyValueArea {
  let area: KeyValueArea | undefined
  let cause: unknown
  try {
    area = globalThis.localStorage
  } catch (error) {
    cause = error
  }
  if (!area) throw new Error('There is no localStorage here, or it may not be used.', { cause })
  return area
}

/** A batch of changes. What it clears goes before what it writes comes. */
interface Changes {
  /** Prefixes. */
  cleared: string[]
  /** JSON by key; `undefined` where the key is removed. */
  written: Map<string, string | undefined>
}

/**
 * localStorage changes one item at a time, and the page may end after any of them. So all changes of a batch are
 * first put down in one item, the journal: from then on they count. Whoever reads puts the journal over the rows,
 * so that it does not matter how many of them have been changed yet. Once all are, the journal goes.
 *
 * That also settles what happens when there is no room for the rows after there was for the journal: it stays,
 * and the next change takes it along.
 */
class LocalStorage implements Storage {
  #area: KeyValueArea
  #rows: string
  #journal: string
  #lock: string
  #isClosed = false
  /** Settles after all calls so far: they run one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(area: KeyValueArea, base: string) {
    this.#area = area
    this.#rows = `${base}/`
    this.#journal = `${base}#journal`
    this.#lock = `${base}#writing`
  }

  /** Finishes what a page that ended could not. */
  recover(): Promise<void> {
    return this.#exclusively(() => this.#apply(this.#pending()))
  }

  get(key: string): Promise<unknown> {
    return this.#inTurn(() => this.#read(key, this.#pending()))
  }

  list({ prefix, before, limit, reverse }: Range): Promise<[string, unknown][]> {
    return this.#inTurn(() => {
      const pending = this.#pending()
      const keys = new Set(this.#keys(prefix))
      for (const key of pending.written.keys()) if (key.startsWith(prefix)) keys.add(key)
      const ordered = [...keys].filter((key) => before === undefined || key < before).sort()
      if (reverse) ordered.reverse()

      const rows: [string, unknown][] = []
      for (const key of ordered) {
        if (limit !== undefined && rows.length >= limit) break
        const value = this.#read(key, pending)
        if (value !== undefined) rows.push([key, value])
      }
      return rows
    })
  }

  async write(writes: readonly Write[]): Promise<void> {
    // At once, because the caller may change them before it is their turn.
    const written = writes.map(([key, value]) => [key, encode(value)] as const)
    await this.#inTurn(() =>
      this.#change((changes) => {
        for (const [key, json] of written) changes.written.set(key, json)
      }),
    )
  }

  clear(prefix: string): Promise<void> {
    const add = (changes: Changes) => {
      for (const key of changes.written.keys()) if (key.startsWith(prefix)) changes.written.delete(key)
      changes.cleared.push(prefix)
    }
    return this.#inTurn(async () => {
      try {
        await this.#change(add)
      } catch {
        // Too full even for a journal this short. Logging out must work all the same: what goes makes room for it.
        await this.#exclusively(() => this.#removeRows(prefix))
        await this.#change(add)
      }
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
  }

  /** Rejects, with everything as it was, when there is no room for the journal. */
  #change(add: (changes: Changes) => void): Promise<void> {
    return this.#exclusively(() => {
      const changes = this.#pending()
      add(changes)
      this.#area.setItem(this.#journal, journalOf(changes))
      this.#apply(changes)
    })
  }

  /** Does not throw when there is no room: the changes count already. */
  #apply({ cleared, written }: Changes): void {
    try {
      for (const prefix of cleared) this.#removeRows(prefix)
      // What goes makes room for what comes.
      for (const [key, json] of written) if (json === undefined) this.#area.removeItem(this.#rows + key)
      for (const [key, json] of written) if (json !== undefined) this.#area.setItem(this.#rows + key, json)
      this.#area.removeItem(this.#journal)
    } catch {
      // No room. The journal has it all, so what it shall replace can make room until the next change tries again.
      for (const key of written.keys()) this.#area.removeItem(this.#rows + key)
    }
  }

  #removeRows(prefix: string): void {
    for (const key of this.#keys(prefix)) this.#area.removeItem(this.#rows + key)
  }

  /** What the journal holds. */
  #pending(): Changes {
    const journal = this.#area.getItem(this.#journal)
    if (journal === null) return { cleared: [], written: new Map() }
    const { cleared, written } = JSON.parse(journal) as { cleared: string[]; written: Write[] }
    return { cleared, written: new Map(written.map(([key, value]) => [key, encode(value)])) }
  }

  #read(key: string, { cleared, written }: Changes): unknown {
    const isChanged = written.has(key) || cleared.some((prefix) => key.startsWith(prefix))
    const json = isChanged ? written.get(key) : this.#area.getItem(this.#rows + key)
    return json === undefined || json === null ? undefined : JSON.parse(json)
  }

  /** Those of the rows, in no order. Nothing is remembered: another tab may have written meanwhile. */
  #keys(prefix: string): string[] {
    const start = this.#rows + prefix
    const keys: string[] = []
    for (let i = 0, length = this.#area.length; i < length; i++) {
      const key = this.#area.key(i)
      if (key?.startsWith(start)) keys.push(key.slice(this.#rows.length))
    }
    return keys
  }

  async #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('The storage is closed.')
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** While no other tab does. `work` waits for nothing, so a tab that sleeps keeps nobody waiting. */
  async #exclusively(work: () => void): Promise<void> {
    const locks: LockManager | undefined = globalThis.navigator?.locks
    if (locks) await locks.request(this.#lock, work)
    else work()
  }
}

/** `undefined` for `undefined`, which means that there is nothing. */
function encode(value: unknown): string | undefined {
  const json = JSON.stringify(value)
  if (json === undefined && value !== undefined) throw new TypeError(`A ${typeof value} cannot be kept.`)
  return json
}

/** JSON of `{ cleared, written: Write[] }`, of parts that are JSON already. A removed key stands alone. */
function journalOf({ cleared, written }: Changes): string {
  const writes = [...written].map(
    ([key, json]) => `[${JSON.stringify(key)}${json === undefined ? '' : `,${json}`}]`,
  )
  return `{"cleared":${JSON.stringify(cleared)},"written":[${writes.join()}]}`
}
