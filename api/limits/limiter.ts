import { LRUCache } from 'lru-cache'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Rate } from './config.js'

/** Counts by key in fixed windows. Behind this interface so that several API processes can share a count one day. */
export interface Limiter {
  /** Counts one. Resolves to 0, or to the seconds after which it may be tried again. */
  take(key: string): Promise<number>
  /** Takes one count back. */
  giveBack(key: string): Promise<void>
}

/** Keys that are counted at a time; the one that was quiet longest is forgotten first. */
const MAX_KEYS = 50_000

/** A limiter of this process, lost with it. */
export function createMemoryLimiter(rate: Rate, maxKeys = MAX_KEYS): Limiter {
  const limiter = new RateLimiterMemory({ points: rate.times, duration: rate.perS })
  // The library forgets a key when its window is over, but has no limit to how many it counts until then.
  const keys = new LRUCache<string, true>({
    max: maxKeys,
    dispose: (_, key, reason) => {
      if (reason === 'evict') void limiter.delete(key)
    },
  })
  return {
    async take(key) {
      keys.set(key, true)
      try {
        await limiter.consume(key)
        return 0
      } catch (thrown) {
        if (!(thrown instanceof RateLimiterRes)) throw thrown
        return Math.max(1, Math.ceil(thrown.msBeforeNext / 1000))
      }
    },
    async giveBack(key) {
      await limiter.reward(key)
    },
  }
}
