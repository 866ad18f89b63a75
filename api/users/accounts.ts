import { LRUCache } from 'lru-cache'
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { areLoginsLive, type LoginClaim } from '../logins/store.js'
import { SharedRead } from '../sync/shared-read.js'

/** How long (ms) a process may go on serving somebody whom another process has locked out. */
const MAX_AGE_MS = 5000
const MAX_ACCOUNTS = 100_000

/**
 * Whether the user of a token may still act: tokens are verified without the database and outlive accounts and
 * logins. Asked at every request, so the answer is kept for a few seconds.
 */
export class Accounts {
  /** By user, the answers for the logins that were used. */
  readonly #answers = new LRUCache<string, Map<string, Promise<boolean>>>({
    max: MAX_ACCOUNTS,
    ttl: MAX_AGE_MS,
  })

  /** Everybody comes back at once when the network does: those who ask at the same time share a statement. */
  readonly #questions: SharedRead<LoginClaim, boolean>

  constructor(db: Db) {
    this.#questions = new SharedRead({
      ...{ maxBatch: 256, maxWaiting: 20_000 },
      find: (claims) => areLoginsLive(db, claims),
    })
  }

  /** True for a user of the app who is neither deleted nor deactivated, by a login that has not ended. */
  async mayAct({ appId, userId, login }: Viewer): Promise<boolean> {
    if (login === undefined) return false
    const key = `${appId}:${userId}`
    let answers = this.#answers.get(key)
    if (!answers) {
      answers = new Map()
      this.#answers.set(key, answers)
    }
    let answer = answers.get(login)
    if (!answer) {
      answer = this.#questions.ask(userId, { appId, userId, loginId: login })
      answers.set(login, answer)
      answer.catch(() => answers.delete(login))
    }
    return answer
  }

  /** Call it after a change that concerns the answer. */
  forget(appId: string, userId: string): void {
    this.#answers.delete(`${appId}:${userId}`)
  }
}
