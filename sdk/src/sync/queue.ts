import { NudgeError } from '../errors.js'
import { BackOff, type BackOffOptions } from './back-off.js'

export interface SyncQueueOptions {
  /** Pulls what `key` stands for. Throws NudgeError. */
  run(key: string): Promise<void>
  /** A pull that is not worth repeating: the server refuses it. */
  onRefused(key: string, error: unknown): void
  /** So many keys at a time; one key never twice at a time. */
  concurrency: number
  backOff: BackOffOptions
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
  /** Goes on waiting when the server cannot be reached. */
  isPatient: boolean
}

interface Job {
  state: 'queued' | 'running' | 'waiting'
  /** Wanted again while it ran: it runs once more, however often that was. */
  again: boolean
  waiters: Waiter[]
  /** Who came while it ran waits for the next run: the one under way may have looked before. */
  nextWaiters: Waiter[]
  backOff: BackOff
  timer?: ReturnType<typeof setTimeout>
}

/**
 * The one queue of everything that has to be pulled, in the order of arrival. A key that waits already is not queued
 * again; one that runs is repeated once. A pull that fails in passing is tried again until it succeeds, so nothing
 * that was announced is forgotten.
 */
export class SyncQueue {
  #jobs = new Map<string, Job>()
  #line: string[] = []
  #running = 0
  #isStopped = true

  constructor(private readonly options: SyncQueueOptions) {}

  start(): void {
    this.#isStopped = false
  }

  /** Forgets everything that waits; what runs ends by itself. */
  stop(): void {
    this.#isStopped = true
    const jobs = [...this.#jobs.values()]
    this.#jobs.clear()
    this.#line = []
    for (const job of jobs) {
      clearTimeout(job.timer)
      for (const waiter of [...job.waiters, ...job.nextWaiters]) {
        waiter.reject(new NudgeError('Cancelled', 'the client was stopped'))
      }
    }
  }

  /** Resolves when a pull that began after this call is over: done, or refused for good. Rejects with Cancelled only. */
  want(key: string): Promise<void> {
    return this.#add(key, true)
  }

  /** The same for somebody who wants to know: rejects with the first failure, though the pull is tried on. */
  pull(key: string): Promise<void> {
    return this.#add(key, false)
  }

  /** Whether anything waits or runs. */
  get isIdle(): boolean {
    return this.#jobs.size === 0
  }

  /** There is reason to hope: whatever waits for its next try is tried now. */
  hurry(): void {
    for (const [key, job] of this.#jobs) {
      if (job.state === 'waiting') this.#queue(key, job)
    }
  }

  #add(key: string, isPatient: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return reject(new NudgeError('Cancelled', 'the client is stopped'))
      const waiter = { resolve, reject, isPatient }
      const job = this.#jobs.get(key)
      if (!job) {
        const backOff = new BackOff(this.options.backOff)
        const fresh: Job = { state: 'queued', again: false, waiters: [waiter], nextWaiters: [], backOff }
        this.#jobs.set(key, fresh)
        return this.#queue(key, fresh)
      }
      if (job.state === 'running') {
        job.again = true
        job.nextWaiters.push(waiter)
        return
      }
      job.waiters.push(waiter)
      // Somebody asks now: that is worth a try before its time.
      if (job.state === 'waiting' && !isPatient) this.#queue(key, job)
    })
  }

  #queue(key: string, job: Job): void {
    clearTimeout(job.timer)
    job.state = 'queued'
    this.#line.push(key)
    // Not within the caller: whoever wants several keys gets them in his order, and in one go.
    queueMicrotask(() => this.#next())
  }

  #next(): void {
    while (this.#running < this.options.concurrency) {
      const key = this.#line.shift()
      if (key === undefined) return
      const job = this.#jobs.get(key)
      if (job?.state === 'queued') void this.#run(key, job)
    }
  }

  async #run(key: string, job: Job): Promise<void> {
    this.#running += 1
    job.state = 'running'
    const failure = await this.options.run(key).then(
      () => undefined,
      (error: unknown) => error ?? new Error('failed'),
    )
    this.#running -= 1
    // Stopped meanwhile: nobody waits any more.
    if (this.#jobs.get(key) === job) this.#settle(key, job, failure)
    this.#next()
  }

  #settle(key: string, job: Job, failure: unknown): void {
    if (failure instanceof NudgeError && failure.isPassing) {
      this.#tryLater(key, job, failure)
      return
    }
    if (failure !== undefined) this.options.onRefused(key, failure)
    job.backOff.reset()
    const { waiters } = job
    job.waiters = job.nextWaiters
    job.nextWaiters = []
    if (job.again) {
      job.again = false
      this.#queue(key, job)
    } else {
      this.#jobs.delete(key)
    }
    for (const waiter of waiters) {
      if (failure === undefined || waiter.isPatient) waiter.resolve()
      else waiter.reject(failure)
    }
  }

  #tryLater(key: string, job: Job, failure: NudgeError): void {
    const waiters = [...job.waiters, ...job.nextWaiters]
    job.waiters = waiters.filter((waiter) => waiter.isPatient)
    job.nextWaiters = []
    job.again = false
    job.state = 'waiting'
    job.timer = setTimeout(() => this.#queue(key, job), job.backOff.next(failure.retryAfterMs))
    for (const waiter of waiters) if (!waiter.isPatient) waiter.reject(failure)
  }
}
