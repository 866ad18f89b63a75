import { setTimeout as sleep } from 'node:timers/promises'
import { type Spread, spreadOf } from './spread.js'

export interface Plan {
  /** Messages a second. */
  rate: number
  seconds: number
  /** How many recipients each message has. */
  copies: number
}

export interface Outcome {
  sent: number
  /** From the start of a send until a recipient has it, one for each copy (ms). */
  delays: Spread
  /** From the start of a send until the server has answered it (ms). */
  answers: Spread
  /** How much later than planned sends began (p99, ms): large when the generator is too slow. */
  late: number
  /** Copies that had not come when the time was up. */
  missing: number
  /** Copies that came more often than they should. */
  repeated: number
  errors: string[]
}

/** How long (ms) copies may still come after the last send. */
const DRAIN_MS = 5000
/** A message that takes so long (ms) has broken the step; there is no use in sending more. */
const HOPELESS_MS = 3000

/** Messages that are sent when their time has come, whether or not earlier ones have arrived. */
export class Arrivals {
  #base = 0
  #startedAt: number[] = []
  #copiesLeft: number[] = []
  #missing = 0
  #oldest = 0
  #repeated = 0
  #delays: number[] = []
  #errors: string[] = []

  /** A recipient has the message that `send` was called with. Those of earlier runs count no more. */
  arrived(id: number): void {
    const n = id - this.#base
    const left = this.#copiesLeft[n]
    if (left === undefined) return
    if (left === 0) {
      this.#repeated += 1
      return
    }
    this.#copiesLeft[n] = left - 1
    this.#missing -= 1
    this.#delays.push(performance.now() - (this.#startedAt[n] as number))
  }

  /** Something else went wrong than a send. */
  failed(error: unknown): void {
    this.#errors.push(String(error))
  }

  /** `send` gets ids that count on from run to run, and resolves with the server's answer, if there is one. */
  async run({ rate, seconds, copies }: Plan, send: (id: number) => Promise<void>): Promise<Outcome> {
    this.#base += this.#startedAt.length
    this.#startedAt = []
    this.#copiesLeft = []
    this.#delays = []
    this.#missing = 0
    this.#oldest = 0
    this.#repeated = 0
    const late: number[] = []
    const answers: number[] = []
    this.#errors = []

    const began = performance.now()
    for (let n = 0; n < rate * seconds; n += 1) {
      const dueAt = began + (n * 1000) / rate
      while (performance.now() < dueAt) await sleep(dueAt - performance.now())
      const startedAt = performance.now()
      if (this.#isHopeless(startedAt)) break
      late.push(startedAt - dueAt)
      this.#startedAt.push(startedAt)
      this.#copiesLeft.push(copies)
      this.#missing += copies
      send(this.#base + n).then(
        () => answers.push(performance.now() - startedAt),
        (error) => this.failed(error),
      )
    }
    for (const until = performance.now() + DRAIN_MS; this.#missing > 0 && performance.now() < until; ) {
      await sleep(10)
    }
    return {
      sent: this.#startedAt.length,
      delays: spreadOf(this.#delays),
      answers: spreadOf(answers),
      late: spreadOf(late).p99,
      missing: this.#missing,
      repeated: this.#repeated,
      errors: this.#errors,
    }
  }

  #isHopeless(now: number): boolean {
    while (this.#copiesLeft[this.#oldest] === 0) this.#oldest += 1
    return now - (this.#startedAt[this.#oldest] ?? now) > HOPELESS_MS
  }
}
