import { AppError } from '../../shared/server/app-error.js'

export interface GroupCommitOptions<Item, Result> {
  maxBatch: number
  /** Items that may wait in one lane; beyond that callers are refused at once rather than kept waiting. */
  maxWaiting: number
  /** Stores a batch: one result per item, in order. A rejection fails the whole batch. */
  run(lane: string, items: Item[]): Promise<PromiseSettledResult<Result>[]>
}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(reason: unknown): void
}

/**
 * Group commit: while one batch of a lane is in flight the next one collects. There is no timer, so a lone
 * item goes out at once, and under load the batches grow by themselves. Lanes (apps) are independent.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>
  readonly #lanes = new Map<string, Waiting<Item, Result>[]>()

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options
  }

  /** Resolves or rejects with the item's own outcome, after its batch has committed. */
  submit(lane: string, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const running = this.#lanes.get(lane)
      const queue = running ?? []
      if (queue.length >= this.#options.maxWaiting) {
        reject(new AppError('Unavailable', 'too many requests are waiting, try again in a moment'))
        return
      }
      queue.push({ item, resolve, reject })
      if (running) return
      this.#lanes.set(lane, queue)
      void this.#drain(lane, queue)
    })
  }

  async #drain(lane: string, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, this.#options.maxBatch)
      const answer = await this.#store(lane, batch)
      // The next batch is sent on its way first: answering a full one takes as long as a part of that.
      if (queue.length > 0) setImmediate(answer)
      else answer()
    }
    this.#lanes.delete(lane)
  }

  /** Gives what answers everybody in the batch. */
  async #store(lane: string, batch: Waiting<Item, Result>[]): Promise<() => void> {
    const items = batch.map(({ item }) => item)
    try {
      const outcomes = await this.#options.run(lane, items)
      return () =>
        batch.forEach((waiting, i) => {
          const outcome = outcomes[i]
          if (outcome?.status === 'fulfilled') waiting.resolve(outcome.value)
          else waiting.reject(outcome?.reason ?? new Error('the batch gave no result for this item'))
        })
    } catch (error) {
      return () => {
        for (const waiting of batch) waiting.reject(error)
      }
    }
  }
}
