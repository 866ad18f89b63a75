import type { KeyValueArea } from '../../src/store/local-storage.js'

/** What `localStorage` is to one page: it has room for so many characters, and the page may end at any time. */
export class FakeArea implements KeyValueArea {
  /** How many more changes the page makes until it is killed. */
  changesLeft = Number.POSITIVE_INFINITY

  constructor(
    /** Shared by the pages of one browser. */
    readonly items = new Map<string, string>(),
    readonly quota = 5_000_000,
  ) {}

  get length(): number {
    return this.items.size
  }

  get used(): number {
    return [...this.items].reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    this.#change()
    const old = this.items.get(key)
    const freed = old === undefined ? 0 : key.length + old.length
    if (this.used - freed + key.length + value.length > this.quota) {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    }
    this.items.set(key, value)
  }

  removeItem(key: string): void {
    this.#change()
    this.items.delete(key)
  }

  /** A dead page changes nothing any more, whatever its code still tries. */
  #change(): void {
    if (this.changesLeft <= 0) throw new Error('The page is dead.')
    this.changesLeft--
  }
}
