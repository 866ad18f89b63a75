import { type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb'
import type { Range, Storage, StorageAdapter, Write } from './storage.js'

/** What `indexedDbStorage` takes; nothing must be given. */
export interface IndexedDbOptions {
  /** What the names of its databases begin with, to tell them from others of the same origin. */
  prefix?: string
}

/**
 * Keeps things in IndexedDB, files included: what browsers should use. `open` rejects where there is none, or
 * where the user does not allow it.
 *
 * Writes ask for `relaxed` durability: they count as done when the operating system has them, not when the disk
 * has. A page or browser that ends then loses nothing. A power cut may lose the last batches, whole ones and the
 * last ones only; as rows and their cursor are in the same batch, the next start pulls them again. `strict` waits
 * for the disk on each batch, which costs far more than it saves here.
 */
export function indexedDbStorage({ prefix = 'nudge' }: IndexedDbOptions = {}): StorageAdapter {
  return {
    isShared: true,
    keepsFiles: true,
    messagesPerSession: 5000,
    async open(name) {
      const storage = new IndexedDbStorage(`${prefix}:${name}`)
      await storage.connect()
      return storage
    },
  }
}

/** Nobody is ever blocked by us, because older versions close when they hear of a newer one. */
const VERSION = 1
const ROWS = 'rows'

type Mode = 'readonly' | 'readwrite'
type Rows<M extends Mode> = IDBPObjectStore<unknown, [typeof ROWS], typeof ROWS, M>

class IndexedDbStorage implements Storage {
  #name: string
  /** Undefined while there is no connection: browsers end it when they need the memory or lose the process. */
  #database: IDBPDatabase | undefined
  #connecting: Promise<IDBPDatabase> | undefined
  #wasConnected = false
  /** Why it cannot be used any more. */
  #end: Error | undefined

  constructor(name: string) {
    this.#name = name
  }

  get(key: string): Promise<unknown> {
    return this.#transact('readonly', (rows) => rows.get(key))
  }

  async list({ prefix, before, limit, reverse }: Range): Promise<[string, unknown][]> {
    const end = earliest(afterPrefix(prefix), before)
    return this.#transact('readonly', async (rows) => {
      // IndexedDB throws for a range that is empty, and takes no limit for 0.
      if ((end !== undefined && end <= prefix) || limit === 0) return []
      const range = rangeOf(prefix, end)
      return reverse && limit !== undefined ? lastOf(rows, range, limit) : allOf(rows, range, limit, reverse)
    })
  }

  async write(writes: readonly Write[]): Promise<void> {
    await this.#transact('readwrite', (rows) =>
      // Asynchronous, so that a value that cannot be kept rejects instead of throwing between the others.
      Promise.all(
        writes.map(async ([key, value]) => {
          await (value === undefined ? rows.delete(key) : rows.put(value, key))
        }),
      ),
    )
  }

  clear(prefix: string): Promise<void> {
    return this.#transact('readwrite', (rows) => rows.delete(rangeOf(prefix, afterPrefix(prefix))))
  }

  /** What has begun is still finished. */
  async close(): Promise<void> {
    this.#end ??= new Error('The storage is closed.')
    this.#database?.close()
  }

  connect(): Promise<IDBPDatabase> {
    this.#connecting ??= this.#dial().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #dial(): Promise<IDBPDatabase> {
    if (!globalThis.indexedDB) throw new Error('There is no IndexedDB here.')
    let isGone = false
    const forget = () => {
      database?.close()
      if (this.#database === database) this.#database = undefined
    }
    let database: IDBPDatabase | undefined
    try {
      database = await openDB(this.#name, VERSION, {
        upgrade: (fresh, _oldVersion, _newVersion, transaction) => {
          isGone = this.#wasConnected
          if (!isGone) return void fresh.createObjectStore(ROWS)
          transaction.done.catch(() => {})
          transaction.abort()
        },
        // Another tab deletes the database, or runs a newer version of this code: neither may wait for us.
        blocking: forget,
        terminated: forget,
      })
    } catch (error) {
      // An empty one in its place would be worse than none: what is in the app's memory would not be in it.
      if (isGone) throw this.#endWith('The stored data were deleted while in use.')
      if (isNamed(error, 'VersionError')) throw this.#endWith('Another tab runs a newer version of this app.')
      throw new Error(`IndexedDB cannot be opened: ${String(error)}`, { cause: error })
    }
    this.#wasConnected = true
    if (this.#end) {
      database.close()
      throw this.#end
    }
    this.#database = database
    return database
  }

  #endWith(reason: string): Error {
    this.#end = new Error(`${reason} Reload the page.`)
    return this.#end
  }

  /**
   * Runs `work` in a transaction of its own and resolves when that is complete; all of it counts or nothing does.
   * Begins before it returns unless the connection was lost, so that calls take effect in the order they are made.
   * A lost connection is made again, once.
   */
  async #transact<M extends Mode, T>(mode: M, work: (rows: Rows<M>) => Promise<T>): Promise<T> {
    if (this.#end) throw this.#end
    const database = this.#database
    if (database) {
      try {
        return await run(database, mode, work)
      } catch (error) {
        if (!isNamed(error, ...LOST) || this.#end) throw error
        database.close()
        if (this.#database === database) this.#database = undefined
      }
    }
    return run(this.#database ?? (await this.connect()), mode, work)
  }
}

/** How a lost connection shows: before a transaction, in one, and in Safari. All is undone then, or never was. */
const LOST = ['InvalidStateError', 'AbortError', 'UnknownError']

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof DOMException && names.includes(error.name)
}

async function run<M extends Mode, T>(
  database: IDBPDatabase,
  mode: M,
  work: (rows: Rows<M>) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction(ROWS, mode, { durability: 'relaxed' })
  try {
    const [result] = await Promise.all([work(transaction.store as Rows<M>), transaction.done])
    return result
  } catch (error) {
    abort(transaction)
    throw error
  }
}

/** Without it, what was asked for before the failure would be committed. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort()
  } catch {
    // It is over already.
  }
}

async function allOf(
  rows: Rows<'readonly'>,
  range: IDBKeyRange,
  limit: number | undefined,
  reverse = false,
): Promise<[string, unknown][]> {
  const [keys, values] = await Promise.all([rows.getAllKeys(range, limit), rows.getAll(range, limit)])
  const entries = keys.map((key, index): [string, unknown] => [key as string, values[index]])
  return reverse ? entries.reverse() : entries
}

async function lastOf(
  rows: Rows<'readonly'>,
  range: IDBKeyRange,
  limit: number,
): Promise<[string, unknown][]> {
  const entries: [string, unknown][] = []
  let cursor = await rows.openCursor(range, 'prev')
  while (cursor) {
    entries.push([cursor.key as string, cursor.value])
    cursor = entries.length < limit ? await cursor.continue() : null
  }
  return entries
}

/** From `start` to before `end`. */
function rangeOf(start: string, end: string | undefined): IDBKeyRange {
  return end === undefined ? IDBKeyRange.lowerBound(start) : IDBKeyRange.bound(start, end, false, true)
}

/**
 * The first text behind all that begin with `prefix`, if there is one: `prefix` with its last code unit one
 * higher. `prefix + '\uffff'` would leave out what goes on after that.
 */
function afterPrefix(prefix: string): string | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix.charCodeAt(length - 1)
    if (last < 0xffff) return prefix.slice(0, length - 1) + String.fromCharCode(last + 1)
  }
  return undefined
}

function earliest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
