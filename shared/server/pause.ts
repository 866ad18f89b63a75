/**
 * The pause of a loop that looks by itself now and then, and at once when it is woken. One promise and one timer:
 * `AbortSignal.any` would leave something behind with the process's own signal each time.
 */
export class Pause {
  #isAwake = false
  #end = () => {}

  /** Ends the pause, or keeps the next one from beginning. Any number of times. */
  wake(): void {
    this.#isAwake = true
    this.#end()
  }

  /** A new round begins: who wakes from now on may have come too late for it. */
  begin(): void {
    this.#isAwake = false
  }

  /** Wakes once `signal` aborts; call it once. */
  endWith(signal: AbortSignal): void {
    if (signal.aborted) this.wake()
    else signal.addEventListener('abort', () => this.wake(), { once: true })
  }

  /** Resolves after `ms`, or when somebody wakes or has woken since `begin`. */
  async wait(ms: number): Promise<void> {
    if (this.#isAwake) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#end = () => {}
  }
}
