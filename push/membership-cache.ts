import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Log } from '../shared/server/log.js'
import type { Membership, MembershipSource } from '../shared/server/membership.js'
import type { MembershipCacheConfig } from './config.js'
import { Lookups } from './lookups.js'

/** Bounds the memory of what is remembered for about a second. */
const MAX_NOTES = 10_000

/** On whose behalf a membership is wanted. What the API announces is never kept waiting by what clients want. */
export type Asker = 'client' | 'api'

/**
 * Memberships by session, asked of the source once however many want them at the same time. That a session does
 * not exist is remembered for a moment, and for clients only: it may be created a moment later, and the API's
 * announcement of it tells.
 */
export class MembershipCache implements MembershipSource {
  #lookups: Lookups
  #cached: LRUCache<string, Membership>
  #absent: LRUCache<string, true>
  #asking = new Map<string, Promise<Membership | undefined>>()
  /** Sessions that clients have had refreshed, until they may again. */
  #refreshed: LRUCache<string, true>
  /** Clients' refreshes that wait for that, by session. */
  #turns = new Map<string, Promise<void>>()

  constructor(source: MembershipSource, config: MembershipCacheConfig, log: Log, now?: () => number) {
    const clock = { ttlResolution: 0, perf: { now: now ?? Date.now } }
    this.#lookups = new Lookups(source, config.maxLookups, log)
    this.#cached = new LRUCache({
      ...clock,
      maxSize: config.maxMembers,
      sizeCalculation: ({ memberIds }) => memberIds.size + 1,
      ttl: config.maxAgeMs,
    })
    this.#absent = new LRUCache({ ...clock, max: MAX_NOTES, ttl: config.absentForMs })
    this.#refreshed = new LRUCache({ ...clock, max: MAX_NOTES, ttl: config.refreshIntervalMs })
  }

  /** What is cached right now. */
  peek(sessionId: string): Membership | undefined {
    return this.#cached.peek(sessionId)
  }

  /** What is cached, or else what the source says. Rejects when the source cannot be asked. */
  async find(sessionId: string, asker: Asker = 'client'): Promise<Membership | undefined> {
    const cached = this.#cached.get(sessionId)
    if (cached) return cached
    if (asker === 'client' && this.#absent.has(sessionId)) return undefined
    return this.#ask(sessionId, asker)
  }

  /**
   * Like `find`, but what is cached counts only when its mts is `mts` or newer. The result may still be older:
   * that is then what the source said after this call. As anybody can claim a newer mts, clients have a session
   * refreshed once in an interval, and those who come earlier wait.
   */
  async findSince(sessionId: string, mts: number, asker: Asker = 'client'): Promise<Membership | undefined> {
    const isNew = (membership: Membership | undefined) => membership !== undefined && membership.mts >= mts
    const cached = this.#cached.get(sessionId)
    if (isNew(cached)) return cached
    // A question already on its way may have been answered before the change that we know of.
    if (asker === 'api') this.#lookups.hurry(sessionId)
    const asked = await this.#asking.get(sessionId)?.catch(() => undefined)
    if (isNew(asked)) return asked
    if (asker === 'client') {
      if (this.#absent.has(sessionId)) return undefined
      if (this.#cached.has(sessionId)) await this.#turn(sessionId)
      const current = this.#cached.get(sessionId)
      if (isNew(current)) return current
    }
    return this.#ask(sessionId, asker)
  }

  /** Resolves when clients may have the session refreshed, for all who wait at the same time. */
  #turn(sessionId: string): Promise<void> | undefined {
    const turn = this.#turns.get(sessionId)
    if (turn) return turn
    const leftMs = this.#refreshed.getRemainingTTL(sessionId)
    this.#refreshed.set(sessionId, true)
    if (leftMs <= 0) return undefined
    const next = sleep(leftMs, undefined, { ref: false }).then(() => {
      this.#refreshed.set(sessionId, true)
      this.#turns.delete(sessionId)
    })
    this.#turns.set(sessionId, next)
    return next
  }

  #ask(sessionId: string, asker: Asker): Promise<Membership | undefined> {
    const isUrgent = asker === 'api'
    const asking = this.#asking.get(sessionId)
    if (asking) {
      if (isUrgent) this.#lookups.hurry(sessionId)
      return asking
    }
    const answer = this.#lookups
      .find(sessionId, isUrgent)
      .then((membership) => {
        if (membership) {
          this.#cached.set(sessionId, membership)
          this.#absent.delete(sessionId)
        } else {
          this.#cached.delete(sessionId)
          this.#absent.set(sessionId, true)
        }
        return membership
      })
      .finally(() => this.#asking.delete(sessionId))
    this.#asking.set(sessionId, answer)
    return answer
  }
}
