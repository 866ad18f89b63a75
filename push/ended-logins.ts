import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Log } from '../shared/server/log.js'
import { ENDED_LOGINS_KEPT_MS, type LoginSource } from '../shared/server/logins.js'

const RETRY_MS = { first: 200, most: 5000 }
/** Bounds the memory. */
const MAX_IDS = 1_000_000

/**
 * Logins that were ended while imTokens of theirs are valid: those are checked without the database, so push
 * remembers. Asked of the API at the start, and of one user whenever it announces that some of his have ended.
 */
export class EndedLogins {
  readonly #ids = new LRUCache<string, true>({ max: MAX_IDS, ttl: ENDED_LOGINS_KEPT_MS })
  #isLoaded = false

  constructor(
    private readonly source: LoginSource,
    private readonly log: Log,
  ) {}

  /** False until the API has been asked once: nobody can be let in before. */
  get isLoaded(): boolean {
    return this.#isLoaded
  }

  has(loginId: string): boolean {
    return this.#ids.has(loginId)
  }

  /** Asks until there is an answer, or `signal` aborts. */
  async load(signal: AbortSignal): Promise<void> {
    let waitMs = RETRY_MS.first
    for (let attempt = 0; !signal.aborted && !this.#isLoaded; attempt++) {
      try {
        this.#remember(await this.source.findEnded())
        this.#isLoaded = true
      } catch (error) {
        if (attempt === 0) this.log.warn({ err: error }, 'nobody can connect until the API answers')
        await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {})
        waitMs = Math.min(waitMs * 1.2, RETRY_MS.most)
      }
    }
  }

  /** Rejects when the source cannot be asked, so that the API announces it again. */
  async refresh(userId: string): Promise<void> {
    this.#remember(await this.source.findEnded(userId))
  }

  #remember(ids: string[]): void {
    for (const id of ids) this.#ids.set(id, true)
  }
}
