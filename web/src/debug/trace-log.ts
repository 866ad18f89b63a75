import type { Client } from 'nudge-sdk'
import { type Entry, entryOf, entryOfStatus } from './entries'

/** So many of the newest are kept. */
const KEPT = 500

export interface Counts {
  nudges: number
  pulls: number
  rows: number
  held: number
}

const NONE: Counts = { nudges: 0, pulls: 0, rows: 0, held: 0 }

/**
 * What goes on behind a client, from when the page is opened, newest first. Nothing of one user is left for the next.
 */
export class TraceLog {
  entries: readonly Entry[] = []
  counts: Counts = NONE
  isPaused = false
  #nextId = 1
  readonly #listeners = new Set<() => void>()

  constructor(client: Client) {
    client.on('trace', (trace) => this.#add(entryOf(trace)))
    client.on('status', (event) => this.#add(entryOfStatus(event)))
    client.on('loggedOut', () => this.clear())
  }

  clear(): void {
    this.entries = []
    this.counts = NONE
    this.#changed()
  }

  /** While it is paused nothing is noted. */
  pause(isPaused: boolean): void {
    this.isPaused = isPaused
    this.#changed()
  }

  subscribe = (onChange: () => void) => {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  #add(draft: Omit<Entry, 'id' | 'at'>): void {
    if (this.isPaused) return
    this.entries = [{ ...draft, id: this.#nextId++, at: Date.now() }, ...this.entries.slice(0, KEPT - 1)]
    const { nudges, pulls, rows, held } = this.counts
    const { kind } = draft
    this.counts = {
      nudges: nudges + Number(kind === 'nudge'),
      pulls: pulls + Number(kind === 'pull'),
      rows: rows + (draft.rows ?? 0),
      held: held + Number(kind === 'held'),
    }
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
