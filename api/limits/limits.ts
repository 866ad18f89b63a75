import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { AppError } from '../../shared/server/app-error.js'
import type { LimitsConfig, Rate } from './config.js'
import { createMemoryLimiter, type Limiter } from './limiter.js'

export type LimitKind = Exclude<keyof LimitsConfig, 'wrongPassword'>

/** Somebody asks too often. The answer carries `Retry-After`. */
export class TooManyRequests extends AppError {
  constructor(retryAfterS: number) {
    super('TooManyRequests', `too many requests, try again in ${retryAfterS} s`, retryAfterS)
  }
}

/** How often who may do what, counted. */
export interface Limits {
  /** Counts one for an address, a user, or whatever else `kind` goes by. Throws TooManyRequests. */
  take(kind: LimitKind, key: string): Promise<void>
  /**
   * Runs a login and counts it if the password is wrong. Throws TooManyRequests, and what `login` throws.
   *
   * Wrong passwords count by account, so that many addresses together guess as slowly as one. Where the account
   * has logged in from before is counted by itself: whoever guesses cannot lock its owner out there, nor
   * anywhere for longer than a window.
   */
  guardLogin<T>(account: string, address: string, login: () => Promise<T>): Promise<T>
}

/** Places of successful logins that are remembered. */
const MAX_PLACES = 50_000
const PLACE_LIFETIME_MS = 30 * 24 * 3600 * 1000

/** `null` counts nothing. */
export function createLimits(
  config: LimitsConfig | null,
  createLimiter: (rate: Rate) => Limiter = createMemoryLimiter,
): Limits {
  if (!config) return { take: async () => {}, guardLogin: (_account, _address, login) => login() }

  const { wrongPassword, ...rates } = config
  const limiters = Object.fromEntries(
    Object.entries(rates).map(([kind, rate]) => [kind, createLimiter(rate)]),
  ) as Record<LimitKind, Limiter>
  const guesses = createLimiter(wrongPassword)
  const places = new LRUCache<string, true>({ max: MAX_PLACES, ttl: PLACE_LIFETIME_MS })

  return {
    take: (kind, key) => takeOne(limiters[kind], key),
    async guardLogin(account, address, login) {
      const place = `${account} ${address}`
      const key = places.has(place) ? place : account
      // Counted before it is known to be wrong: of many at a time no more get through than of one by one.
      await takeOne(guesses, key)
      try {
        const result = await login()
        places.set(place, true)
        await guesses.giveBack(key)
        return result
      } catch (error) {
        const isGuess = error instanceof AppError && error.code === 'WrongCredentials'
        if (!isGuess) await guesses.giveBack(key)
        throw error
      }
    },
  }
}

async function takeOne(limiter: Limiter, key: string): Promise<void> {
  const retryAfterS = await limiter.take(key)
  if (retryAfterS > 0) throw new TooManyRequests(retryAfterS)
}

/** Who has one IPv6 address has 2^64 of them: they count as one. */
export function addressKey(ip: string | undefined): string {
  if (!ip) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  return isIPv6(ip) ? networkOf(ip) : ip
}

/** The first four groups of an IPv6 address. */
function networkOf(ip: string): string {
  const [left = '', right] = (ip.split('%')[0] as string).split('::')
  const groups = left.split(':').filter((group) => group !== '')
  if (right !== undefined) {
    const after = right.split(':').filter((group) => group !== '')
    // A dotted end is two groups.
    const length = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - length)).fill('0'), ...after)
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
