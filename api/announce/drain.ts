import { setTimeout as sleep } from 'node:timers/promises'
import type { Announcer } from '../../shared/server/announcement.js'
import type { Log } from '../../shared/server/log.js'
import { Pause } from '../../shared/server/pause.js'
import type { Db } from '../database/database.js'
import { deleteTold, type LeasedRow, leaseOutbox, putOff } from './outbox.js'

/** Rows that push is being told at a time, and how many of them this process may have written itself. */
const MAX_IN_FLIGHT = 500
const MAX_OWN_IN_FLIGHT = 400
/** How often we look by ourselves: what a crash or another process left behind. */
const POLL_MS = 1000
/** When a row that push refused, or could not be told, is tried again. */
const RETRY_MS = 300

/** Topics that wait for room. */
const MAX_WAITING = 10_000

/** Tells push of what a transaction of this process has written into the outbox. */
export interface Carrier {
  /** Whether it would tell at once. If not, nothing should be leased to it: others may be able to. */
  isReady(): boolean
  /** Rows that are leased to this process; their transaction has committed. */
  take(rows: LeasedRow[]): void
  /** There is something to look for. Cheap, and may be called any number of times. */
  wake(): void
}

/** For who writes without a process that tells: the next one to look finds it in the outbox. */
export const NO_CARRIER: Carrier = { isReady: () => false, take: () => {}, wake: () => {} }

/**
 * Carries the outbox to push: publish first, delete after. Every row goes its own way, so that one which push
 * is slow to take holds up no other. What this process writes it is handed, leased already, without a look at the
 * outbox; looking by itself every second is what guarantees that everything is told, whoever wrote it.
 * `db` need not be durable: what it forgets is told twice.
 */
export class Drain implements Carrier {
  readonly #pause = new Pause()
  #isRunning = false
  #inFlight = 0
  /** Room that is kept for what is just being leased. */
  #reserved = 0
  /** Written and leased by this process, not yet in flight; by topic and kind, as in the outbox. */
  readonly #waiting = new Map<string, LeasedRow>()
  /** By topic: what push is being told of it. */
  readonly #last = new Map<string, Promise<void>>()
  #told: LeasedRow[] = []
  #failed: LeasedRow[] = []
  #settling: Promise<void> | undefined

  constructor(
    private readonly db: Db,
    private readonly announcer: Announcer,
    private readonly log: Log,
  ) {}

  wake(): void {
    this.#pause.wake()
  }

  isReady(): boolean {
    return this.#isRunning && this.#isReachable() && this.#waiting.size < MAX_WAITING
  }

  #isReachable(): boolean {
    return this.announcer.isReachable?.() ?? true
  }

  take(rows: LeasedRow[]): void {
    for (const row of rows) this.#waiting.set(`${row.topic} ${row.kind}`, row)
    this.#tellWaiting()
  }

  #tellWaiting(): void {
    let room = Math.min(MAX_OWN_IN_FLIGHT, MAX_IN_FLIGHT - this.#reserved) - this.#inFlight
    for (const [key, row] of this.#waiting) {
      if (room-- <= 0) break
      this.#waiting.delete(key)
      void this.#tell(row)
    }
  }

  /** Runs until `signal` aborts, then tells what is still there, once. */
  async run(signal: AbortSignal): Promise<void> {
    this.#pause.endWith(signal)
    this.#isRunning = true
    while (!signal.aborted) {
      this.#pause.begin()
      const isMore = await this.#takeSome()
      if (!isMore && !signal.aborted) await this.#pause.wait(POLL_MS)
    }
    await this.#takeSome()
    while (this.#inFlight > 0 || this.#settling) await (this.#settling ?? sleep(5))
    this.#isRunning = false
  }

  /** True when there may be more to take right away. */
  async #takeSome(): Promise<boolean> {
    const room = MAX_IN_FLIGHT - this.#inFlight
    // Rows are left to whoever can tell them.
    if (room <= 0 || !this.#isReachable()) return false
    try {
      this.#reserved = room
      const rows = await leaseOutbox(this.db, room)
      for (const row of rows) void this.#tell(row)
      return rows.length === room
    } catch (error) {
      this.log.warn({ reason: messageOf(error) }, 'the outbox cannot be read')
      return false
    } finally {
      this.#reserved = 0
      this.#tellWaiting()
    }
  }

  async #tell(row: LeasedRow): Promise<void> {
    this.#inFlight += 1
    try {
      await this.#inTurn(row)
      this.#told.push(row)
    } catch (error) {
      this.#failed.push(row)
      this.log.debug({ topic: row.topic, reason: messageOf(error) }, 'push could not be told')
    }
    this.#settling ??= this.#settle()
  }

  /** Tells what is announced anew on a topic, while push is still being told of it, after that. */
  async #inTurn(row: LeasedRow): Promise<void> {
    const before = this.#last.get(row.topic) ?? Promise.resolve()
    const told = before.then(() => this.announcer.announce(row))
    const settled = told.catch(() => {})
    this.#last.set(row.topic, settled)
    try {
      await told
    } finally {
      if (this.#last.get(row.topic) === settled) this.#last.delete(row.topic)
    }
  }

  /** Writes outcomes down, as many at a time as have come meanwhile. */
  async #settle(): Promise<void> {
    // Whatever push took in this turn of the event loop goes into one statement.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#told.length + this.#failed.length > 0) {
      const told = this.#told.splice(0)
      const failed = this.#failed.splice(0)
      try {
        if (told.length > 0) await deleteTold(this.db, told)
        if (failed.length > 0) await this.#tryLater(failed)
      } catch (error) {
        // Their leases end by themselves, and they are told again.
        this.log.warn({ reason: messageOf(error) }, 'the outbox cannot be written')
      }
      const wasFull = this.#inFlight >= MAX_IN_FLIGHT
      this.#inFlight -= told.length + failed.length
      this.#tellWaiting()
      if (wasFull) this.wake()
    }
    this.#settling = undefined
  }

  async #tryLater(rows: LeasedRow[]): Promise<void> {
    this.log.warn({ count: rows.length }, 'push could not be told; trying again')
    await putOff(this.db, rows, RETRY_MS)
    setTimeout(() => this.wake(), RETRY_MS).unref()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
