/** As much of a browser's localStorage, and of how pages hear of it, as unit tests in Node.js need. */
export class FakeLocalStorage {
  isFull = false
  isForbidden = false
  readonly #texts = new Map<string, string>()
  readonly #listeners: ((event: { key: string | null }) => void)[] = []

  /** To be called before the modules are loaded that use it. */
  install(): void {
    Object.assign(globalThis, {
      localStorage: this,
      addEventListener: (_name: 'storage', listener: (event: { key: string | null }) => void) => {
        this.#listeners.push(listener)
      },
    })
  }

  getItem(key: string): string | null {
    this.#ask()
    return this.#texts.get(key) ?? null
  }

  setItem(key: string, text: string): void {
    this.#ask()
    if (this.isFull) throw new Error('QuotaExceededError')
    this.#texts.set(key, text)
  }

  /** As another tab does it. */
  setElsewhere(key: string, text: string): void {
    this.#texts.set(key, text)
    for (const listener of this.#listeners) listener({ key })
  }

  clear(): void {
    this.#texts.clear()
    this.isFull = false
    this.isForbidden = false
  }

  #ask(): void {
    if (this.isForbidden) throw new Error('SecurityError')
  }
}
