import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { S3Config } from '../../api/attachments/blobs/s3.js'
import { useTempFolder } from './temp-folder.js'

/** s3rver ships no types; this is what we use of it. */
interface S3Rver {
  run(): Promise<AddressInfo>
  close(): Promise<void>
}

const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3Rver

export interface TestS3 {
  config: S3Config
  /** The same as environment variables. */
  settings: NodeJS.ProcessEnv
  close(): Promise<void>
}

/** An S3-protocol server on a free port, with an empty bucket. */
export async function startS3(): Promise<TestS3> {
  const folder = await useTempFolder()
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder.path,
    configureBuckets: [{ name: 'nudge-test', configs: [] }],
  })
  const { port } = await server.run()
  const config: S3Config = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'nudge-test',
    region: 'us-east-1',
    prefix: 'some/where/',
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    isPathStyle: true,
  }
  return {
    config,
    settings: {
      S3_ENDPOINT: config.endpoint ?? '',
      S3_BUCKET: config.bucket,
      S3_PREFIX: config.prefix,
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
      S3_PATH_STYLE: 'on',
    },
    async close() {
      await server.close()
      await folder.remove()
    },
  }
}
