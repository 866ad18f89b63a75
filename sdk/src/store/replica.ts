import type { Unsubscribe } from '../events.js'
import type { Tabs } from '../tabs/tabs.js'
import { memoryStorage } from './memory.js'
import type { Range, Storage, Write } from './storage.js'

/** What a commit was about, where its rows do not tell. */
export interface News {
  /** Keys of messages that nobody has been told of yet. */
  freshMessages?: string[]
  /** Its messages are old ones that somebody asked for: nothing has changed. */
  isHistory?: boolean
}

type Listener = (writes: readonly Write[], news: News) => void

export interface ReplicaOptions {
  /** Begins every key of the account, and of nobody else. */
  scope: string
  /** What of a value the storage can keep. */
  forStorage(value: unknown): unknown
  onStorageFailure(error: unknown): void
}

interface CommitMessage {
  kind: 'commit'
  scope: string
  writes: readonly Write[]
  news: News
}

/**
 * The part of the keys that can be pulled again at any time. The number is that of the shape of its values: tabs with
 * another version of the code keep theirs beside it.
 */
export const CACHE_VERSION = 1
export const CACHE = `cache-${CACHE_VERSION}/`

/**
 * One account's data on this device: what is committed shows in this tab at once, then in the storage, then in the
 * other tabs. Commits are written in their order.
 */
export class Replica {
  #listeners = new Set<Listener>()
  #written: Promise<unknown> = Promise.resolve()
  /** Holds the cache once the storage has failed. */
  #memory: Storage | undefined
  #isClosed = false
  readonly #offTabs: Unsubscribe

  constructor(
    private readonly storage: Storage,
    private readonly tabs: Tabs,
    private readonly options: ReplicaOptions,
  ) {
    const { scope } = options
    this.#offTabs = tabs.onMessage((message) => {
      const commit = message as CommitMessage
      if (commit.kind !== 'commit' || commit.scope !== scope) return
      this.#tell(commit.writes, commit.news)
      // The tab that made it has kept it, unless there is nowhere to.
      this.#written = this.#written.then(() => this.#remember(commit.writes))
    })
  }

  onCommit(listener: Listener): Unsubscribe {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Resolves when it is kept. Listeners have been called before this returns. Never rejects. */
  commit(writes: readonly Write[], news: News = {}): Promise<void> {
    // What was under way when the account was left belongs to nobody any more.
    if (writes.length === 0 || this.#isClosed) return Promise.resolve()
    this.#tell(writes, news)
    const kept = this.#written.then(() => this.#keep(writes, news))
    this.#written = kept
    return kept
  }

  /** Resolves when everything committed so far is kept. */
  async settled(): Promise<void> {
    await this.#written
  }

  /** Sees every commit before this call. Finds nothing once the account was left. */
  get<T>(key: string): Promise<T | undefined> {
    return this.#read(
      key,
      async (storage) => (await storage.get(this.options.scope + key)) as T | undefined,
      undefined,
    )
  }

  /** Keys without the scope. Sees every commit before this call. Finds nothing once the account was left. */
  list<T>(range: Range): Promise<[key: string, value: T][]> {
    const { scope } = this.options
    const read = async (storage: Storage) => {
      const found = await storage.list({
        ...range,
        prefix: scope + range.prefix,
        ...(range.before !== undefined && { before: scope + range.before }),
      })
      return found.map(([key, value]): [string, T] => [key.slice(scope.length), value as T])
    }
    return this.#read(range.prefix, read, [])
  }

  /** The cache, once it is only in memory because the storage has failed; undefined before. */
  async uncached(): Promise<Write[] | undefined> {
    await this.#written
    const rows = await this.#memory?.list({ prefix: this.options.scope })
    return rows?.map(([key, value]): Write => [key.slice(this.options.scope.length), value])
  }

  /** The storage has failed in the tab that leads: this one goes on from what that one has. */
  goUncached(rows: readonly Write[]): void {
    this.#tell(rows, { isHistory: true })
    this.#written = this.#written.then(async () => {
      this.#memory ??= await memoryStorage().open('')
      await this.#remember(rows)
    })
  }

  /** Everything of the account is forgotten. */
  async clear(): Promise<void> {
    const cleared = this.#written.then(() => this.storage.clear(this.options.scope))
    this.#written = cleared.catch(this.options.onStorageFailure)
    await this.#written
  }

  /** Resolves when everything committed so far is kept. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#offTabs()
    this.#listeners.clear()
    await this.#written
  }

  #tell(writes: readonly Write[], news: News): void {
    for (const listener of [...this.#listeners]) listener(writes, news)
  }

  /** Whoever still asks when the account is left is told nothing: it may be somebody else's lists that wait. */
  async #read<T>(key: string, read: (storage: Storage) => Promise<T>, nothing: T): Promise<T> {
    await this.#written
    if (this.#isClosed) return nothing
    try {
      const found = await read(this.#memory && isCache(key) ? this.#memory : this.storage)
      return this.#isClosed ? nothing : found
    } catch (error) {
      if (this.#isClosed) return nothing
      throw error
    }
  }

  async #keep(writes: readonly Write[], news: News): Promise<void> {
    try {
      await this.#write(writes)
    } catch (error) {
      // Without the cache's keys nothing is amiss with it.
      if (writes.some(([key]) => isCache(key))) await this.#giveUpCaching(error, writes)
      else this.options.onStorageFailure(error)
    }
    try {
      this.tabs.post({ kind: 'commit', scope: this.options.scope, writes, news } satisfies CommitMessage)
    } catch (error) {
      // Something in it cannot be copied; the other tabs go without.
      this.options.onStorageFailure(error)
    }
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const { forStorage } = this.options
    await this.#remember(writes)
    const kept = this.#memory ? writes.filter(([key]) => !isCache(key)) : writes
    if (kept.length === 0) return
    await this.storage.write(this.#scoped(kept.map(([key, value]): Write => [key, forStorage(value)])))
  }

  async #remember(writes: readonly Write[]): Promise<void> {
    await this.#memory?.write(this.#scoped(writes.filter(([key]) => isCache(key))))
  }

  #scoped(writes: readonly Write[]): Write[] {
    return writes.map(([key, value]): Write => [this.options.scope + key, value])
  }

  /**
   * The storage is full or broken. With rows missing but a later cursor kept, they would be missing for ever: so
   * the whole cache goes, and the next start pulls everything anew. Until then it is in memory, because nobody else
   * has the messages that were pulled. What waits to be sent is not part of it, and may find room now.
   */
  async #giveUpCaching(error: unknown, writes: readonly Write[]): Promise<void> {
    const { scope, onStorageFailure } = this.options
    onStorageFailure(error)
    if (this.#memory) return
    const memory = await memoryStorage().open('')
    const cached = await this.storage.list({ prefix: scope + CACHE }).catch(() => [])
    await memory.write(cached)
    this.#memory = memory
    try {
      await this.storage.clear(scope + CACHE)
    } catch {
      // Nothing can be cleared: then nothing was written either, and the old state stands.
    }
    await this.#write(writes).catch(onStorageFailure)
    this.tabs.post({ kind: 'uncached' })
  }
}

const isCache = (key: string) => key.startsWith(CACHE)
