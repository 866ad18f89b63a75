import { Locks } from '../sync/locks.js'
import type { Context } from './context.js'
import { globalMinDate, msOf } from './dates.js'

/** What every pulled row has. */
export interface CachedRow {
  updatedAt: string | number
  isDelete?: boolean
}

/** An object of the dialect that shows a row. */
export interface RowView<Row> {
  isDelete?: boolean
  updatedAt: number
  update(row: Row): void
}

/** A list as the old client keeps it: by key, tombstones included, with a copy in localStorage. */
export class CachedList<Row extends CachedRow, View extends RowView<Row>> {
  readonly #entries = new Map<string, { row: Row; view: View }>()
  readonly #locks = new Locks()

  constructor(
    private readonly options: {
      context: Context
      /** In localStorage. */
      cacheKey(): string
      keyOf(row: Row): string
      make(row: Row): View
    },
  ) {}

  /** Fills it from localStorage. Objects that are held already stay the same ones. */
  init(): void {
    const rows = this.options.context.cache.read<Row[]>(this.options.cacheKey()) ?? []
    const before = new Map(this.#entries)
    this.#entries.clear()
    for (const row of rows) {
      const key = this.options.keyOf(row)
      const known = before.get(key)
      if (known) this.#entries.set(key, known)
      this.#put(key, row)
    }
  }

  /** The largest stamp (ms) held: what is pulled next is newer. */
  get cursor(): number {
    return this.#largest(({ row }) => msOf(row.updatedAt))
  }

  get(key: string): View | undefined {
    return this.#entries.get(key)?.view
  }

  /** Tombstones are left out, in the order of their keys: that of the old client, whose keys were an object's. */
  live(): View[] {
    return this.all().filter(({ isDelete }) => !isDelete)
  }

  all(): View[] {
    return [...this.#entries].sort(([a], [b]) => compareKeys(a, b)).map(([, { view }]) => view)
  }

  /** What the server said last. */
  rowOf(key: string): Row | undefined {
    return this.#entries.get(key)?.row
  }

  get size(): number {
    return this.#entries.size
  }

  largest(stamp: (view: View) => number): number {
    return this.#largest(({ view }) => stamp(view))
  }

  take(rows: readonly Row[]): void {
    for (const row of rows) {
      const key = this.options.keyOf(row)
      const known = this.#entries.get(key)
      if (!known || msOf(row.updatedAt) >= msOf(known.row.updatedAt)) this.#put(key, row)
    }
    if (rows.length > 0) this.save()
  }

  /** Notes what has been changed here. */
  patch(key: string, change: Partial<Row>): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    entry.row = { ...entry.row, ...change }
    this.save()
  }

  drop(key: string): void {
    if (this.#entries.delete(key)) this.save()
  }

  /** One pull after the other: no older answer overwrites a newer one. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#locks.hold('', act)
  }

  save(): void {
    const rows = [...this.#entries.values()].map(({ row }) => row)
    this.options.context.cache.write(this.options.cacheKey(), rows)
    this.options.context.users.save()
  }

  #put(key: string, row: Row): void {
    const known = this.#entries.get(key)
    if (known) {
      known.row = row
      known.view.update(row)
    } else this.#entries.set(key, { row, view: this.options.make(row) })
  }

  #largest(stamp: (entry: { row: Row; view: View }) => number): number {
    let largest = globalMinDate
    for (const entry of this.#entries.values()) largest = Math.max(largest, stamp(entry))
    return largest
  }
}

function compareKeys(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : 1)
}

/** Of these fields those that differ from what the server said last; all that are there when that is unknown. */
export function changesOf<T extends object>(
  object: T,
  row: object | undefined,
  fields: readonly (keyof T & string)[],
): Partial<T> {
  const changes: Partial<T> = {}
  for (const field of fields) {
    const value = object[field]
    if (value === undefined || value === null) continue
    if (!row || value !== (row as Partial<T>)[field]) changes[field] = value
  }
  return changes
}
