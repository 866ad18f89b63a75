import { CACHE, type Replica } from '../store/replica.js'
import type { Write } from '../store/storage.js'
import { type Entity, newestOf, type Row, stampOf } from './entity.js'
import { LiveList } from './live-list.js'

export interface SyncedListOptions<R extends Row, T extends Entity<R>> {
  /** The collection's name, which its rows and its cursor are kept under. */
  name: string
  make(row: R): T
  /** The order of the list. */
  compare(a: T, b: T): number
  onChange?(item: T, isNew: boolean): void
}

export const rowKey = (name: string, id: string) => `${CACHE}row/${name}/${id}`
export const cursorKey = (name: string) => `${CACHE}cursor/${name}`

/** One collection as this device holds it: all rows in memory, tombstones included. */
export class SyncedList<R extends Row, T extends Entity<R>> extends LiveList<T> {
  #byId = new Map<string, T>()
  #cursor: number | undefined
  #isHeld = false

  constructor(private readonly options: SyncedListOptions<R, T>) {
    super()
  }

  get name(): string {
    return this.options.name
  }

  /** The largest stamp (ms) held; undefined until the first pull. */
  get cursor(): number | undefined {
    return this.#cursor
  }

  /** Undefined when there is none, or it was deleted. */
  get(id: string): T | undefined {
    const item = this.#byId.get(id)
    return item?.isDeleted ? undefined : item
  }

  /** @internal Resolves when it is here. */
  async appear(id: string): Promise<T> {
    await this.until(() => this.get(id) !== undefined)
    return this.get(id) as T
  }

  /** The first that fits, of what is shown. */
  find(fits: (item: T) => boolean): T | undefined {
    return this.items.find(fits)
  }

  /** Every row held, in no order, tombstones included. */
  get all(): Iterable<T> {
    return this.#byId.values()
  }

  /** @internal Whether it has been read from the storage, and takes what is committed. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** @internal Reads what the storage holds; what is held in memory stays unless that is newer. */
  async restore(replica: Replica): Promise<void> {
    // From here on commits are taken, so that none is missed while the storage is read.
    this.#isHeld = true
    const rows = await replica.list<R>({ prefix: rowKey(this.name, '') })
    const cursor = await replica.get<number>(cursorKey(this.name))
    this.apply([...rows, [cursorKey(this.name), cursor]])
  }

  /** @internal The rows of a page and the cursor after it, to be committed together. */
  writesOf(rows: readonly R[]): Write[] {
    const cursor = newestOf(rows, this.#cursor ?? 0)
    return [...rows.map((row): Write => [rowKey(this.name, row.id), row]), [cursorKey(this.name), cursor]]
  }

  /** @internal Takes what concerns this list out of a commit. */
  apply(writes: readonly Write[]): void {
    const prefix = rowKey(this.name, '')
    const changed: [T, boolean][] = []
    for (const [key, value] of writes) {
      if (key.startsWith(prefix)) {
        const change = this.#take(value as R)
        if (change) changed.push(change)
      } else if (key === cursorKey(this.name) && value !== undefined) {
        this.#cursor = Math.max(this.#cursor ?? 0, value as number)
      }
    }
    if (changed.length === 0) return
    this.changed()
    for (const [item, isNew] of changed) this.options.onChange?.(item, isNew)
  }

  /** @internal */
  clear(): void {
    this.#byId.clear()
    this.#cursor = undefined
    this.#isHeld = false
    this.changed()
  }

  protected arrange(): T[] {
    return [...this.#byId.values()].filter((item) => !item.isDeleted).sort(this.options.compare)
  }

  /** Undefined when it is nothing new. */
  #take(row: R): [item: T, isNew: boolean] | undefined {
    const held = this.#byId.get(row.id)
    if (!held) {
      const item = this.options.make(row)
      this.#byId.set(row.id, item)
      return [item, !item.isDeleted]
    }
    // A tab that catches up may read what it was told of already.
    if (stampOf(row) <= held.updatedAt) return undefined
    const wasDeleted = held.isDeleted
    held.take(row)
    return [held, wasDeleted && !held.isDeleted]
  }
}
