import type { Person } from './person.js'
import { stampOf } from './person.js'

interface Entry {
  id: string
  updatedAt: string
}

/**
 * A client as simple as the contract allows: it keeps rows by id and asks for what is newer than the largest
 * `updatedAt` it has seen. What it holds at the end, and how often it was given the same row version, is the
 * whole proof of I1.
 */
export class Reader {
  readonly rows = new Map<string, Entry>()
  readonly repeated: string[] = []
  #versions = new Set<string>()
  #cursor: number | undefined

  constructor(
    readonly person: Person,
    readonly path: string,
    readonly limit: number,
  ) {}

  /** One page, through the given API process. Returns how many rows it held. */
  async pull(baseUrl = this.person.baseUrl): Promise<number> {
    const page = await this.#get(baseUrl, `?limit=${this.limit}`, this.#cursor)
    for (const entry of page) {
      const version = `${entry.id} ${entry.updatedAt}`
      if (this.#versions.has(version)) this.repeated.push(version)
      this.#versions.add(version)
      this.rows.set(entry.id, entry)
      this.#cursor = Math.max(this.#cursor ?? 0, stampOf(entry.updatedAt))
    }
    return page.length
  }

  /** The oracle: what somebody who starts from nothing is given. */
  async fresh(): Promise<Map<string, Entry>> {
    const rows = new Map<string, Entry>()
    for (let cursor: number | undefined; ; ) {
      const page = await this.#get(this.person.baseUrl, '?limit=1000', cursor)
      if (page.length === 0) return rows
      for (const entry of page) {
        rows.set(entry.id, entry)
        cursor = Math.max(cursor ?? 0, stampOf(entry.updatedAt))
      }
    }
  }

  async #get(baseUrl: string, query: string, cursor: number | undefined): Promise<Entry[]> {
    const { entries } = await this.person
      .at(baseUrl)
      .must<{ entries: Entry[] }>('GET', `${this.path}${query}`, {
        cursor,
      })
    return entries
  }
}
