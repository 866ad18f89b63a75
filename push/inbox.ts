/** What a waiting frame costs besides its bytes: promises and parsed objects. */
const FRAME_OVERHEAD_BYTES = 512

const ANSWERED = Promise.resolve()

/**
 * One connection's frames that have no answer yet. They are decided side by side, so that one slow lookup does
 * not delay the next, and answered in arrival order.
 */
export class Inbox {
  #waitingBytes = 0
  #count = 0
  #last = ANSWERED

  constructor(private readonly maxBytes: number) {}

  /** Frames that have no answer yet. */
  get count(): number {
    return this.#count
  }

  /** The socket must not be read until some frames are answered. */
  get isFull(): boolean {
    return this.#waitingBytes >= this.maxBytes
  }

  /** Runs `answer` when `decision` is made and all earlier frames are answered. `decision` must not reject. */
  take<D>(bytes: number, decision: Promise<D>, answer: (decision: D) => void): Promise<void> {
    const cost = bytes + FRAME_OVERHEAD_BYTES
    this.#waitingBytes += cost
    this.#count += 1
    const answered = Promise.all([decision, this.#last]).then(([decided]) => {
      this.#waitingBytes -= cost
      this.#count -= 1
      answer(decided)
    })
    // A frame that cannot be answered does not hold up the next.
    this.#last = answered.catch(() => {})
    return answered
  }
}
