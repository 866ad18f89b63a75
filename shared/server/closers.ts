/** Who opens a thing closes it, last opened first. */
export class Closers {
  #open: (() => Promise<unknown> | unknown)[] = []

  add(close: () => Promise<unknown> | unknown): void {
    this.#open.push(close)
  }

  /** Closes everything, even when something fails on the way; then throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#open.pop(); close; close = this.#open.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
