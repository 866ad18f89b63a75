/** Random numbers that come again with the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** 0 to less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  upTo(limit: number): number {
    return this.next() * limit
  }

  happens(likelihood: number): boolean {
    return likelihood > 0 && this.next() < likelihood
  }

  /** Undefined of nothing. */
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Record<Name, number>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.upTo(entries.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return entries[0]?.[0] as Name
  }

  /** Another source: what is drawn from one does not move the other. */
  fork(): Random {
    return new Random(this.below(2 ** 31))
  }
}
