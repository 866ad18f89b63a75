import { LRUCache } from 'lru-cache'

/** So many a second in the long run, and up to `burst` at once. */
export interface Rate {
  perSecond: number
  burst: number
}

/** Spreads what comes too fast over time. Nothing is refused: whoever is too fast waits. */
export class Pace {
  /** When (ms) everything taken so far would have come at the allowed rate. */
  #paidUntil = Number.NEGATIVE_INFINITY

  constructor(
    private readonly rate: Rate,
    private readonly now: () => number = performance.now.bind(performance),
  ) {}

  /** Takes one turn; returns the ms until it may begin. */
  take(): number {
    const now = this.now()
    const intervalMs = 1000 / this.rate.perSecond
    this.#paidUntil = Math.max(this.#paidUntil, now) + intervalMs
    return Math.max(0, this.#paidUntil - this.rate.burst * intervalMs - now)
  }
}

/** Bounds the memory; whoever falls out has a burst more. */
const MAX_USERS = 50_000

/** One pace a user, shared by all his connections and over reconnections. */
export class UserPaces {
  readonly #paces = new LRUCache<string, Pace>({ max: MAX_USERS })

  constructor(private readonly rate: Rate) {}

  of(userId: string): Pace {
    let pace = this.#paces.get(userId)
    if (!pace) {
      pace = new Pace(this.rate)
      this.#paces.set(userId, pace)
    }
    return pace
  }
}
