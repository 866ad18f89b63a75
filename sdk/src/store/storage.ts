/** One change: a key and its new value; `undefined` removes the key. Values are what JSON can hold (see `keepsFiles`). */
export type Write = readonly [key: string, value: unknown]

/** Which keys `list` gives. */
export interface Range {
  /** Keys that begin with this. */
  prefix: string
  /** Only keys below this one, itself excluded. */
  before?: string
  /** At most so many; from the end when `reverse`. */
  limit?: number
  /** Descending. */
  reverse?: boolean
}

/**
 * An ordered map from text to values: what a client keeps between two starts. Keys order by UTF-16 code units.
 * Calls take effect in the order in which they are made, awaited or not, and see values as they are at the call.
 */
export interface Storage {
  /** Undefined when there is none. */
  get(key: string): Promise<unknown>
  /** In the order of the keys. */
  list(range: Range): Promise<[key: string, value: unknown][]>
  /** All or none, in this order: rows and the cursor that says they are there are written together. */
  write(writes: readonly Write[]): Promise<void>
  /** Removes every key that begins with `prefix`. */
  clear(prefix: string): Promise<void>
  /** Lets finish what has begun. Everything after it rejects. */
  close(): Promise<void>
}

/** Where to keep things; give one to `createClient`. Your own is these four members. */
export interface StorageAdapter {
  /** Other tabs of the same browser see the same data, so only one of them may sync. */
  readonly isShared: boolean
  /** Blobs and Files can be values, so uploads survive a reload. */
  readonly keepsFiles: boolean
  /** So many messages of each session are kept; older ones are read from the server again. */
  readonly messagesPerSession: number
  /** `name` tells servers and apps apart. */
  open(name: string): Promise<Storage>
}
