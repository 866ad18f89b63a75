import { AppError } from '../../shared/server/app-error.js'

/** Runs few jobs at a time and lets some wait; beyond that callers are refused rather than kept waiting. */
export class JobQueue {
  readonly #options: { atOnce: number; maxWaiting: number; retryAfterS: number }
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: { atOnce: number; maxWaiting: number; retryAfterS: number }) {
    this.#options = options
  }

  /** Jobs that run or wait when it is full. */
  get capacity(): number {
    return this.#options.atOnce + this.#options.maxWaiting
  }

  /** Throws Unavailable when it is full, and what `job` throws. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    const { atOnce, maxWaiting, retryAfterS } = this.#options
    if (this.#running < atOnce) this.#running += 1
    else if (this.#waiting.length < maxWaiting) {
      // Whoever ends hands its place over.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      throw new AppError('Unavailable', 'too much is going on, try again in a moment', retryAfterS)
    }
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}
