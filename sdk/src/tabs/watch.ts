import type { Tabs } from './tabs.js'

interface Watching {
  kind: 'watching'
  tab: string
  sessionIds: string[]
}

/** Which sessions are being looked at, in any tab of the browser: those are kept up to date with every connect. */
export class Watch {
  readonly #tab = crypto.randomUUID()
  #own = new Set<string>()
  #others = new Map<string, string[]>()
  readonly #off: () => void

  constructor(private readonly tabs: Tabs) {
    this.#off = tabs.onMessage((message) => {
      const said = message as Watching | { kind: 'leading' }
      if (said.kind === 'watching') this.#others.set(said.tab, said.sessionIds)
      // A new leader knows nothing of us.
      if (said.kind === 'leading') this.#tell()
    })
  }

  set(sessionId: string, isOpen: boolean): void {
    if (isOpen) this.#own.add(sessionId)
    else this.#own.delete(sessionId)
    this.#tell()
  }

  *all(): Iterable<string> {
    yield* this.#own
    for (const sessionIds of this.#others.values()) yield* sessionIds
  }

  close(): void {
    this.#own.clear()
    this.#tell()
    this.#off()
  }

  #tell(): void {
    this.tabs.post({ kind: 'watching', tab: this.#tab, sessionIds: [...this.#own] } satisfies Watching)
  }
}
