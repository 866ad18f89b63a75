import { expect } from '@jest/globals'
import { type Person, stampOf } from './person.js'

export interface Entry {
  id: string
  userId?: string
  isDelete?: boolean
  updatedAt: string
}

interface Page {
  total_count: number
  entries: Entry[]
}

/**
 * A client of one list, as simple as the contract allows, that takes nothing on trust: it keeps rows by id, asks
 * for what is newer than the largest `updatedAt` it has seen, and checks every page it is given. A list that it may
 * not read (any more) leaves it as it is.
 */
export class Mirror {
  readonly rows = new Map<string, Entry>()
  #versions = new Set<string>()
  #cursor = 0

  constructor(
    readonly person: Person,
    readonly path: string,
    readonly limit: number,
  ) {}

  /** One page, which leaves nothing, or something, behind it; or there was none to be had. */
  async pull(): Promise<'all' | 'more' | 'refused'> {
    const cursor = this.#cursor
    const page = await this.#get(this.limit, cursor)
    if (!page) return 'refused'
    expectWhole(page, this.limit, cursor)
    for (const entry of page.entries) {
      const version = `${entry.id} ${entry.updatedAt}`
      if (this.#versions.has(version)) throw new Error(`${this.path}: ${version} was given twice`)
      this.#versions.add(version)
      this.rows.set(entry.id, entry)
      this.#cursor = Math.max(this.#cursor, stampOf(entry.updatedAt))
    }
    return page.entries.length < page.total_count ? 'more' : 'all'
  }

  /**
   * Pulls to the end and compares with what somebody is given who starts from nothing. Returns that, undefined
   * when there was nothing to be had. Nobody may write meanwhile.
   */
  async expectExact(): Promise<Map<string, Entry> | undefined> {
    let pulled = await this.pull()
    while (pulled === 'more') pulled = await this.pull()
    if (pulled === 'refused') return undefined
    const page = await this.#get(1000, undefined)
    if (!page) return undefined
    expectWhole(page, 1000, 0)
    expect(page.total_count).toBe(page.entries.length)
    const fresh = new Map(page.entries.map((entry) => [entry.id, entry]))
    try {
      expect(this.#held()).toEqual(of(fresh))
    } catch (error) {
      throw new Error(`${this.path} as ${this.person.login.name} pulls it by ${this.limit}: ${error}`)
    }
    return fresh
  }

  #held() {
    return of(this.rows)
  }

  async #get(limit: number, cursor: number | undefined): Promise<Page | undefined> {
    const path = `${this.path}?limit=${limit}`
    const { status, body } = await this.person.call<Page>('GET', path, { cursor })
    if (status === 200) return body
    if (status === 401 || status === 403 || status === 404) return undefined
    throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
  }
}

const of = (rows: Map<string, Entry>) => Object.fromEntries(rows)

/** Ascending, newer than asked for, each id once, and as long as it must be to end with a whole stamp. */
function expectWhole({ total_count: total, entries }: Page, limit: number, cursor: number): void {
  const stamps = entries.map(({ updatedAt }) => stampOf(updatedAt))
  expect(stamps).toEqual([...stamps].sort((a, b) => a - b))
  expect(stamps.filter((stamp) => stamp <= cursor)).toEqual([])
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
  expect(stamps.filter((stamp) => stamp !== stamps.at(-1)).length).toBeLessThan(limit)
  if (entries.length < total) expect(entries.length).toBeGreaterThanOrEqual(limit)
}
