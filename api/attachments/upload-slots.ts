import { AppError } from '../../shared/server/app-error.js'

/** As many connections as browsers open to a server: who sends several pictures at once is not refused. */
export const MAX_UPLOADS_AT_ONCE = 6
const RETRY_AFTER_S = 2

/** Who is uploading now, in this process. What comes in lies on the disk before it counts for the quota. */
export class UploadSlots {
  #taken = new Map<string, number>()

  /** Gives what ends the upload; call it once. Throws TooManyRequests. */
  take(userId: string): () => void {
    const taken = this.#taken.get(userId) ?? 0
    if (taken >= MAX_UPLOADS_AT_ONCE) {
      throw new AppError(
        'TooManyRequests',
        `only ${MAX_UPLOADS_AT_ONCE} uploads at once: wait for one to end`,
        RETRY_AFTER_S,
      )
    }
    this.#taken.set(userId, taken + 1)
    return () => {
      const left = (this.#taken.get(userId) ?? 0) - 1
      if (left > 0) this.#taken.set(userId, left)
      else this.#taken.delete(userId)
    }
  }
}
