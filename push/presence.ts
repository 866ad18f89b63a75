import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../shared/server/log.js'
import { MAX_PRESENCE_CHANGES, type PresenceSink } from '../shared/server/presence.js'
import type { Connections } from './connections.js'

export interface PresenceConfig {
  /** The name of this push server, the same over restarts. */
  node: string
  /** How long (ms) a user has been gone before that counts: phones change networks, pages are reloaded. */
  goneAfterMs: number
  /** How often (ms) reports are made. */
  everyMs: number
}

const MAX_RETRY_MS = 30_000

/**
 * Tells the API when a user's first device comes and when the last one has gone. Reports are collected and
 * made now and then; while the API is away, only where everybody stands now is kept.
 */
export class Presence {
  /** Whom the API believes to be online here. */
  readonly #told = new Set<string>()
  /** Who may stand otherwise than was told, and since when (ms). */
  readonly #changed = new Map<string, number>()
  #isFresh = true
  #isAway = false

  constructor(
    private readonly connections: Connections,
    private readonly sink: PresenceSink,
    private readonly config: PresenceConfig,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  /** Call it when a user's first device has come, and when the last one has gone. */
  note(userId: string): void {
    this.#changed.set(userId, this.now())
  }

  /** Reports until `signal` aborts, and then that nobody is here any more. */
  async run(signal: AbortSignal): Promise<void> {
    for (let waitMs = this.config.everyMs; !signal.aborted; ) {
      const ok = await this.#reportChanges()

      waitMs = ok ? this.config.everyMs : Math.min(waitMs * 2, MAX_RETRY_MS)
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {})
    }
    if (this.#told.size > 0)
      await this.sink.report({ node: this.config.node, isFresh: true, changes: [] }).catch(() => {})
  }

  async #reportChanges(): Promise<boolean> {
    const due = this.#due()
    if (due.length === 0 && !this.#isFresh) return true
    try {
      await this.sink.report({
        node: this.config.node,
        ...(this.#isFresh && { isFresh: true }),
        changes: due.map(({ userId, isOnline, since }) => ({ userId, isOnline, at: since })),
      })
    } catch (error) {
      if (!this.#isAway) this.log.warn({ err: error }, 'presence cannot be reported')
      this.#isAway = true
      return false
    }
    if (this.#isAway) this.log.info('presence can be reported again')
    this.#isAway = false
    this.#isFresh = false
    for (const { userId, isOnline, since } of due) {
      if (isOnline) this.#told.add(userId)
      else this.#told.delete(userId)
      if (this.#changed.get(userId) === since) this.#changed.delete(userId)
    }
    return true
  }

  #due(): { userId: string; isOnline: boolean; since: number }[] {
    const due = []
    for (const [userId, since] of this.#changed) {
      const isOnline = this.connections.of(userId) !== undefined
      if (isOnline === this.#told.has(userId)) this.#changed.delete(userId)
      else if (isOnline || this.now() - since >= this.config.goneAfterMs)
        due.push({ userId, isOnline, since })
      if (due.length === MAX_PRESENCE_CHANGES) break
    }
    return due
  }
}
