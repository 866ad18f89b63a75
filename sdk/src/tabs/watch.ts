import { guid } from '../guid.js'
import type { Tabs } from './tabs.js'

interface Watching {
  kind: 'watching'
  tab: string
  keys: string[]
}

/** What is being looked at, in any tab of the browser, by the keys of the engine: it is pulled with every connect. */
export class Watch {
  readonly #tab = guid()
  #own = new Set<string>()
  #others = new Map<string, string[]>()
  readonly #off: () => void

  constructor(private readonly tabs: Tabs) {
    this.#off = tabs.onMessage((message) => {
      const said = message as Watching | { kind: 'leading' }
      if (said.kind === 'watching') this.#others.set(said.tab, said.keys)
      // A new leader knows nothing of us.
      if (said.kind === 'leading') this.#tell()
    })
  }

  set(key: string, isWatched: boolean): void {
    if (isWatched) this.#own.add(key)
    else this.#own.delete(key)
    this.#tell()
  }

  *all(): Iterable<string> {
    yield* this.#own
    for (const keys of this.#others.values()) yield* keys
  }

  close(): void {
    this.#own.clear()
    this.#tell()
    this.#off()
  }

  #tell(): void {
    this.tabs.post({ kind: 'watching', tab: this.#tab, keys: [...this.#own] } satisfies Watching)
  }
}
