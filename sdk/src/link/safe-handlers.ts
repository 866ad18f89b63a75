import { attempt } from '../events.js'
import type { LinkHandlers } from './transport.js'

/**
 * Handlers that keep the promises of `LinkHandlers`, whatever the socket and the app's code do: one `onClose`, which
 * comes after the call that brought it about has returned, and nothing after it.
 */
export class SafeHandlers implements LinkHandlers {
  #isOver = false

  constructor(private readonly handlers: LinkHandlers) {}

  /** Whether `onClose` has been called, or is about to be. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** What handlers throw does not stop the reading of packets. */
  onConnack(code: number): void {
    if (!this.#isOver) attempt(() => this.handlers.onConnack(code))
  }

  onFrame(payload: string): void {
    if (!this.#isOver) attempt(() => this.handlers.onFrame(payload))
  }

  onClose(): void {
    if (this.#isOver) return
    this.#isOver = true
    queueMicrotask(() => this.handlers.onClose())
  }
}
