import type { Unsubscribe } from '../events.js'
import type { Tabs } from '../tabs/tabs.js'
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

/** The part of the keys that can be pulled again at any time. */
export const CACHE = 'cache/'

/**
 * One account's data on this device: what is committed shows in this tab at once, then in the storage, then in the
 * other tabs. Commits are written in their order.
 */
export class Replica {
  #listeners = new Set<Listener>()
  #written: Promise<unknown> = Promise.resolve()
  #isCaching = true
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
      if (commit.kind === 'commit' && commit.scope === scope) this.#tell(commit.writes, commit.news)
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

  /** Sees every commit before this call. */
  async get<T>(key: string): Promise<T | undefined> {
    await this.#written
    return (await this.storage.get(this.options.scope + key)) as T | undefined
  }

  /** Keys without the scope. Sees every commit before this call. */
  async list<T>(range: Range): Promise<[key: string, value: T][]> {
    await this.#written
    const found = await this.storage.list({
      ...range,
      prefix: this.options.scope + range.prefix,
      ...(range.before !== undefined && { before: this.options.scope + range.before }),
    })
    return found.map(([key, value]) => [key.slice(this.options.scope.length), value as T])
  }

  /** Everything of the account is forgotten. */
  async clear(prefix = ''): Promise<void> {
    const cleared = this.#written.then(() => this.storage.clear(this.options.scope + prefix))
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

  async #keep(writes: readonly Write[], news: News): Promise<void> {
    const { scope, forStorage } = this.options
    const kept = this.#isCaching ? writes : writes.filter(([key]) => !key.startsWith(CACHE))
    try {
      if (kept.length > 0)
        await this.storage.write(kept.map(([key, value]) => [scope + key, forStorage(value)]))
    } catch (error) {
      await this.#giveUpCaching(error)
    }
    this.tabs.post({ kind: 'commit', scope: this.options.scope, writes, news } satisfies CommitMessage)
  }

  /**
   * The storage is full or broken. With rows missing but a later cursor kept, they would be missing for ever: so
   * the whole cache goes, and the next start pulls everything anew. What waits to be sent is not part of it.
   */
  async #giveUpCaching(error: unknown): Promise<void> {
    this.#isCaching = false
    this.options.onStorageFailure(error)
    try {
      await this.storage.clear(this.options.scope + CACHE)
    } catch {
      // Nothing can be cleared: then nothing was written either, and the old state stands.
    }
  }
}
