import type { Yun2winStorage } from './settings.js'

/**
 * JSON in localStorage, under keys that name the server: ids of another one mean other people. What cannot be kept
 * there this page keeps in memory, and the next one pulls again.
 */
export class Cache {
  #memory: Yun2winStorage | undefined
  /** What the storage did not take, by key. */
  readonly #refused = new Map<string, unknown>()

  constructor(
    private readonly given: () => Yun2winStorage | undefined,
    private readonly root: () => string,
  ) {}

  read<T>(name: string): T | undefined {
    const key = this.#key(name)
    if (this.#refused.has(key)) return this.#refused.get(key) as T
    try {
      return (JSON.parse(this.#area.getItem(key) ?? 'null') as T | null) ?? undefined
    } catch {
      return undefined
    }
  }

  /** `undefined` removes it. */
  write(name: string, value: unknown): void {
    const key = this.#key(name)
    this.#refused.delete(key)
    try {
      if (value !== undefined) {
        this.#area.setItem(key, JSON.stringify(value))
        return
      }
    } catch {
      // Full, or not allowed.
      this.#refused.set(key, JSON.parse(JSON.stringify(value)))
    }
    // Nothing old stays in its place: it might be somebody else's login.
    this.#remove(key)
  }

  #remove(key: string): void {
    try {
      this.#area.removeItem(key)
    } catch {
      // Then there is nothing there to be read either.
    }
  }

  #key(key: string): string {
    return `y2w:${this.root()}:${key}`
  }

  get #area(): Yun2winStorage {
    const given = this.given() ?? pageStorage()
    if (given) return given
    this.#memory ??= memoryArea()
    return this.#memory
  }
}

/** Reading the property throws where the user allows no storage. Node.js has one that is none. */
function pageStorage(): Yun2winStorage | undefined {
  try {
    return globalThis.document ? globalThis.localStorage : undefined
  } catch {
    return undefined
  }
}

/** Stands in for localStorage where there is none. */
export function memoryArea(): Yun2winStorage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, String(value))
    },
    removeItem: (key) => {
      items.delete(key)
    },
  }
}
