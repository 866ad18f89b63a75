import { AppError } from '../../shared/server/app-error.js'

/** Writers of one app that may wait in this process; beyond that they are refused rather than kept waiting. */
const MAX_WAITING = 10_000

/**
 * Lets one writer of an app through at a time. They would wait for each other at the app's clock row anyway,
 * but there each would hold a database connection meanwhile, until none is left for readers, and Postgres
 * wakes a crowd at one row slowly. Writers of other processes still meet at the row.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>()

  /** Runs when all earlier ones of this app have ended. Throws Unavailable when too many wait. */
  async take<T>(appId: string, run: () => Promise<T>): Promise<T> {
    await this.#wait(appId)
    try {
      return await run()
    } finally {
      this.#next(appId)
    }
  }

  #wait(appId: string): Promise<void> | void {
    const waiting = this.#waiting.get(appId)
    if (!waiting) {
      this.#waiting.set(appId, [])
      return
    }
    if (waiting.length >= MAX_WAITING) {
      throw new AppError('Unavailable', 'too many requests are waiting, try again in a moment')
    }
    return new Promise((resolve) => waiting.push(resolve))
  }

  #next(appId: string): void {
    const next = this.#waiting.get(appId)?.shift()
    if (next) next()
    else this.#waiting.delete(appId)
  }
}
