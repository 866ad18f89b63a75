import { LRUCache } from 'lru-cache'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { findEndedOf } from '../logins/store.js'
import { findUser } from './store.js'

/** How long (ms) a process may go on serving somebody whom another process has locked out. */
const MAX_AGE_MS = 5000
const MAX_ACCOUNTS = 100_000

interface Account {
  isActive: boolean
  endedLogins: ReadonlySet<string>
}

/**
 * Whether the user of a token may still act: tokens are verified without the database and outlive accounts and
 * logins. Asked at every request, so the answer is kept for a few seconds.
 */
export class Accounts {
  readonly #answers = new LRUCache<string, Promise<Account>>({ max: MAX_ACCOUNTS, ttl: MAX_AGE_MS })

  constructor(private readonly db: Db) {}

  /** True for a user of the app who is neither deleted nor deactivated, by a login that has not been ended. */
  async mayAct({ appId, userId, login = '' }: Viewer): Promise<boolean> {
    const { isActive, endedLogins } = await this.#find(appId, userId)
    return isActive && !endedLogins.has(login)
  }

  /** Call it after a change that concerns the answer. */
  forget(appId: string, userId: string): void {
    this.#answers.delete(`${appId}:${userId}`)
  }

  #find(appId: string, userId: string): Promise<Account> {
    const key = `${appId}:${userId}`
    const known = this.#answers.get(key)
    if (known) return known
    const answer = this.#load(appId, userId)
    this.#answers.set(key, answer)
    answer.catch(() => this.#answers.delete(key))
    return answer
  }

  async #load(appId: string, userId: string): Promise<Account> {
    const [user, ended] = await Promise.all([findUser(this.db, appId, userId), findEndedOf(this.db, userId)])
    return {
      isActive: user !== undefined && !user.is_deleted && user.status === 'active',
      endedLogins: new Set(ended),
    }
  }
}
