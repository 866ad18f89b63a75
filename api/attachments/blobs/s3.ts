import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { BlobMissing, type BlobStore, type ByteRange } from './blob-store.js'

export interface S3Config {
  /** null: Amazon's own. */
  endpoint: string | null
  bucket: string
  region: string
  /** What names of objects begin with. */
  prefix: string
  /** null: whatever the AWS SDK finds in its environment. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  isPathStyle: boolean
}

const MAX_ATTEMPTS = 3

/**
 * Blobs as objects of an S3-compatible service. Files go up as one PutObject of known length, read from the
 * disk as they go, so memory does not grow with them. The SDK is loaded at first use: it is slow to load.
 */
export function createS3Store(config: S3Config): BlobStore {
  let opened: Promise<{ sdk: typeof import('@aws-sdk/client-s3'); client: S3Client }> | undefined
  const open = () => {
    opened ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: createClient(sdk, config) }))
    return opened
  }
  const at = (name: string) => ({ Bucket: config.bucket, Key: `${config.prefix}${name}` })

  return {
    async put(name, path) {
      const { sdk, client } = await open()
      const { size } = await stat(path)
      // The SDK does not repeat what it reads from a stream, so this does.
      for (let attempt = 1; ; attempt += 1) {
        const Body = createReadStream(path)
        try {
          await client.send(new sdk.PutObjectCommand({ ...at(name), Body, ContentLength: size }))
          return
        } catch (error) {
          if (attempt === MAX_ATTEMPTS || isRefusal(sdk, error)) throw error
        } finally {
          Body.destroy()
        }
      }
    },

    async get(name, range) {
      const { sdk, client } = await open()
      const Range = range && `bytes=${range.start}-${range.end}`
      try {
        const { Body, ContentLength } = await client.send(
          new sdk.GetObjectCommand({ ...at(name), ...(Range && { Range }) }),
        )
        const body = Body as Readable
        const length = range && range.end - range.start + 1
        // Some services overlook some ranges and give everything.
        return range && ContentLength !== length ? Readable.from(cut(body, range)) : body
      } catch (error) {
        throw error instanceof sdk.S3ServiceException && error.$metadata.httpStatusCode === 404
          ? new BlobMissing(name)
          : error
      }
    },

    async remove(name) {
      const { sdk, client } = await open()
      await client.send(new sdk.DeleteObjectCommand(at(name)))
    },

    close() {
      void opened?.then(({ client }) => client.destroy())
    },
  }
}

/** The service understood and said no: asking again is of no use. */
function isRefusal(sdk: typeof import('@aws-sdk/client-s3'), error: unknown): boolean {
  const status = error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined
  return status !== undefined && status < 500 && status !== 429
}

async function* cut(body: Readable, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  let position = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const part = chunk.subarray(Math.max(0, start - position), Math.max(0, end + 1 - position))
    position += chunk.length
    if (part.length > 0) yield part
    if (position > end) return
  }
}

/** What goes wrong is thrown; the SDK would tell the console as well. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

function createClient(sdk: typeof import('@aws-sdk/client-s3'), config: S3Config): S3Client {
  return new sdk.S3Client({
    region: config.region,
    logger: SILENT,
    forcePathStyle: config.isPathStyle,
    // The newer checksums are Amazon's own; other services refuse or ignore them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(config.endpoint && { endpoint: config.endpoint }),
    ...(config.credentials && { credentials: config.credentials }),
  })
}
