export interface BackOffOptions {
  /** The first pause is up to this long (ms). */
  firstMs: number
  /** No pause is longer (ms). */
  maxMs: number
}

/**
 * Pauses that double, each a random part of its limit: thousands of clients that lost the same server at the same
 * moment come back spread out. Never less than a tenth, so that nobody spins.
 */
export class BackOff {
  #failures = 0

  constructor(
    private readonly options: BackOffOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** How long (ms) to wait after one more failure; at least `atLeastMs`. */
  next(atLeastMs = 0): number {
    const { firstMs, maxMs } = this.options
    const limit = Math.min(maxMs, firstMs * 2 ** this.#failures)
    this.#failures += 1
    return atLeastMs + limit * (0.1 + 0.9 * this.random())
  }

  reset(): void {
    this.#failures = 0
  }
}
