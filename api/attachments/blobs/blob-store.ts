import type { Readable } from 'node:stream'

/** First and last byte, both included. */
export interface ByteRange {
  start: number
  end: number
}

/** Where the bytes of attachments are kept. Names are ours (`newBlobName`), never a client's. */
export interface BlobStore {
  /** Keeps what is in the file at `path`, which it may move away. It is durable when this resolves. */
  put(name: string, path: string): Promise<void>
  /** The bytes, or some of them. Throws BlobMissing before anything was given. */
  get(name: string, range?: ByteRange): Promise<Readable>
  /** Nothing happens when there is none. */
  remove(name: string): Promise<void>
  close(): void
}

export class BlobMissing extends Error {
  override name = 'BlobMissing'

  constructor(blob: string) {
    super(`blob ${blob} is missing`)
  }
}
