import { LRUCache } from 'lru-cache'
import type { Db } from '../database/database.js'
import { findUser } from './store.js'

/** How long (ms) a process may go on serving somebody whom another process has locked out. */
const MAX_AGE_MS = 5000
const MAX_ACCOUNTS = 100_000

/**
 * Whether the user of a token may still act: tokens are verified without the database and outlive accounts.
 * Asked at every request, so the answer is kept for a few seconds.
 */
export class Accounts {
  readonly #answers = new LRUCache<string, Promise<boolean>>({ max: MAX_ACCOUNTS, ttl: MAX_AGE_MS })

  constructor(private readonly db: Db) {}

  /** True for a user of the app that is neither deleted nor deactivated. */
  isActive(appId: string, userId: string): Promise<boolean> {
    const key = `${appId}:${userId}`
    const known = this.#answers.get(key)
    if (known) return known
    const answer = findUser(this.db, appId, userId).then(
      (user) => user !== undefined && !user.is_deleted && user.status === 'active',
    )
    this.#answers.set(key, answer)
    answer.catch(() => this.#answers.delete(key))
    return answer
  }

  /** Call it after a change that concerns the answer. */
  forget(appId: string, userId: string): void {
    this.#answers.delete(`${appId}:${userId}`)
  }
}
