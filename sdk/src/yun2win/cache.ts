import type { Yun2winStorage } from './settings.js'

/**
 * JSON in localStorage, under keys that name the server: ids of another one mean other people. What cannot be kept is
 * not: it is pulled again by the next page.
 */
export class Cache {
  #memory: Yun2winStorage | undefined

  constructor(
    private readonly given: () => Yun2winStorage | undefined,
    private readonly root: () => string,
  ) {}

  read<T>(key: string): T | undefined {
    try {
      return (JSON.parse(this.#area.getItem(this.#key(key)) ?? 'null') as T | null) ?? undefined
    } catch {
      return undefined
    }
  }

  /** `undefined` removes it. */
  write(key: string, value: unknown): void {
    try {
      if (value === undefined) this.#area.removeItem(this.#key(key))
      else this.#area.setItem(this.#key(key), JSON.stringify(value))
    } catch {
      // Full, or not allowed. Every value carries its own cursor, so that an older one is merely older.
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
