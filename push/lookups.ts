import type { Log } from '../shared/server/log.js'
import type { Membership, MembershipSource } from '../shared/server/membership.js'

/** The source could not be asked. */
export class LookupError extends Error {}

interface Waiting {
  sessionId: string
  start: () => void
}

/**
 * Asks the source a few things at a time, so that a flood of questions leaves the API's database to others. The
 * log hears once that the source cannot be asked and once that it can be again, not of every question.
 */
export class Lookups implements MembershipSource {
  #running = 0
  #urgent: Waiting[] = []
  #waiting: Waiting[] = []
  #isAway = false

  constructor(
    private readonly source: MembershipSource,
    private readonly maxRunning: number,
    private readonly log: Log,
  ) {}

  /** Urgent questions go before all others that wait. Rejects with LookupError. */
  async find(sessionId: string, isUrgent = false): Promise<Membership | undefined> {
    if (this.#running < this.maxRunning) this.#running += 1
    else {
      const queue = isUrgent ? this.#urgent : this.#waiting
      await new Promise<void>((start) => queue.push({ sessionId, start }))
    }
    try {
      const membership = await this.source.find(sessionId)
      this.#note(undefined)
      return membership
    } catch (error) {
      this.#note(error)
      throw new LookupError(`the members of session ${sessionId} cannot be looked up: ${error}`, {
        cause: error,
      })
    } finally {
      // The next one takes over this one's place.
      const next = this.#urgent.shift() ?? this.#waiting.shift()
      if (next) next.start()
      else this.#running -= 1
    }
  }

  /** Makes a question that still waits an urgent one. */
  hurry(sessionId: string): void {
    const at = this.#waiting.findIndex((waiting) => waiting.sessionId === sessionId)
    if (at >= 0) this.#urgent.push(...this.#waiting.splice(at, 1))
  }

  #note(failure: unknown): void {
    const isAway = failure !== undefined
    if (isAway === this.#isAway) return
    this.#isAway = isAway
    if (isAway) this.log.warn({ err: failure }, 'members cannot be looked up, frames are not relayed')
    else this.log.info('members can be looked up again')
  }
}
