import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ApiConfig } from '../../config.js'
import type { BlobStore } from './blob-store.js'
import { createDiskStore } from './disk.js'
import { createS3Store } from './s3.js'

/** The store that the settings name. Touches neither disk nor network before its first use. */
export function openBlobStore({ attachments, dataDir }: ApiConfig): BlobStore {
  return attachments.s3 ? createS3Store(attachments.s3) : createDiskStore(join(dataDir, 'attachments'))
}

/** Where uploads are written while they come in: beside the disk store, so that they can be moved there. */
export function spoolFolder({ dataDir }: ApiConfig): string {
  return join(dataDir, 'attachments', 'incoming')
}

/** Random, so that stores need no order and files spread over folders. */
export function newBlobName(): string {
  return randomBytes(16).toString('hex')
}

/** The blob of an image's thumbnail. */
export function thumbnailOf(blob: string): string {
  return `${blob}-thumbnail`
}
