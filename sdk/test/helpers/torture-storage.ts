import { memoryStorage, type Range, type Storage, type StorageAdapter, type Write } from '../../src/index.js'
import type { Random } from './torture-random.js'

interface Op {
  run(): Promise<void>
  /** Of a change: does it without telling anybody. */
  change?: (storage: Storage) => Promise<void>
}

/**
 * A device's disk: it outlives the tabs that use it. Calls take some time, one after the other. A tab that is killed
 * loses nothing that `write` resolved for; of what was under way the first few may be written, and the rest is not.
 */
export class Disk {
  readonly #memory = memoryStorage()
  #tab: { queue: Op[]; isRunning: boolean; isDead: boolean } | undefined

  constructor(
    private readonly random: Random,
    readonly messagesPerSession = 100_000,
  ) {}

  /** For one tab. */
  adapter(): StorageAdapter {
    return {
      isShared: false,
      keepsFiles: true,
      messagesPerSession: this.messagesPerSession,
      open: async () => this.#open(),
    }
  }

  /** What `get` and `list` would give to the next tab. */
  async contents(): Promise<Map<string, unknown>> {
    const storage = await this.#memory.open(NAME)
    return new Map(await storage.list({ prefix: '' }))
  }

  /** Resolves when nothing has been under way for a moment. */
  async written(): Promise<void> {
    for (let idle = 0; idle < 5; idle += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      if ((this.#tab?.queue.length ?? 0) > 0) idle = -1
    }
  }

  /** A disk that holds the same. */
  async copy(): Promise<StorageAdapter> {
    const memory = memoryStorage()
    await (await memory.open(NAME)).write([...(await this.contents())])
    return { ...memory, messagesPerSession: this.messagesPerSession, open: () => memory.open(NAME) }
  }

  /** Ends the tab that uses it. */
  async kill(): Promise<void> {
    const tab = this.#tab
    if (!tab) return
    tab.isDead = true
    const changes = tab.queue.flatMap(({ change }) => change ?? [])
    const storage = await this.#memory.open(NAME)
    for (const change of changes.slice(0, this.random.below(changes.length + 1))) await change(storage)
  }

  #open(): Storage {
    const { random } = this
    const tab = { queue: [] as Op[], isRunning: false, isDead: false }
    this.#tab = tab
    const memory = this.#memory.open(NAME)
    const work = async () => {
      tab.isRunning = true
      while (tab.queue.length > 0 && !tab.isDead) {
        if (random.happens(0.05)) await new Promise((resolve) => setTimeout(resolve, random.upTo(40)))
        else await new Promise(setImmediate)
        if (tab.isDead) return
        // Out of the queue only when done: what a kill finds in it has not happened.
        await tab.queue[0]?.run()
        tab.queue.shift()
      }
      tab.isRunning = false
    }
    const add = <T>(act: (storage: Storage) => Promise<T>, change?: Op['change']): Promise<T> => {
      if (tab.isDead) return new Promise(() => {})
      return new Promise<T>((resolve, reject) => {
        const run = async () => {
          const storage = await memory
          // A killed tab hears of nothing.
          if (!tab.isDead) await act(storage).then(resolve, reject)
        }
        tab.queue.push({ run, ...(change && { change }) })
        if (!tab.isRunning) void work()
      })
    }
    return {
      get: (key) => add((storage) => storage.get(key)),
      list: (range: Range) => add((storage) => storage.list(range)),
      write: (writes) => {
        const copy: Write[] = structuredClone([...writes])
        const change = (storage: Storage) => storage.write(copy)
        return add(change, change)
      },
      clear: (prefix) => {
        const change = (storage: Storage) => storage.clear(prefix)
        return add(change, change)
      },
      close: async () => {
        await add(async () => {})
      },
    }
  }
}

/** One user of one server a disk. */
const NAME = 'disk'
