import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Request } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { newBlobName, spoolFolder, thumbnailOf } from './blobs/open.js'
import { readImage } from './images.js'
import { presentAttachment } from './present.js'
import { type ReceivedFile, receiveFile } from './receive.js'
import {
  type AttachmentRow,
  findAnyAttachment,
  findAttachment,
  forgetBlob,
  insertAttachment,
  isShared,
  setDeleted,
} from './store.js'

const HOUR_MS = 3600_000

/** Stores the file of a multipart request; it is durable when this answers. Throws what `receiveFile` throws. */
export async function upload(ctx: Context, viewer: Viewer, req: Request): Promise<AttachmentObject> {
  const { maxUploadBytes } = ctx.config.attachments
  const file = await receiveFile(req, { folder: spoolFolder(ctx.config), maxBytes: maxUploadBytes })
  const thumbnailPath = thumbnailOf(file.path)
  try {
    return presentAttachment(await keep(ctx, viewer, file, thumbnailPath))
  } finally {
    await file.discard()
    await rm(thumbnailPath, { force: true })
  }
}

async function keep(
  ctx: Context,
  viewer: Viewer,
  file: ReceivedFile,
  thumbnailPath: string,
): Promise<AttachmentRow> {
  const image = await readImage(file.path, thumbnailPath)
  requireType(ctx.config.attachments.allowedTypes, image?.type ?? claimOf(file.declaredType))

  const now = ctx.now()
  const blob = newBlobName()
  const row = await insertAttachment(ctx.db, {
    app_id: viewer.appId,
    uploader_id: viewer.isAdmin ? null : viewer.userId,
    url_key: randomBytes(16).toString('hex'),
    file_name: file.fileName,
    content_type: image?.type ?? 'application/octet-stream',
    size: String(file.size),
    width: image?.width ?? null,
    height: image?.height ?? null,
    blob,
    thumbnail_size: image?.thumbnailSize ?? null,
    // Until its bytes are kept: a crash in between leaves something that is cleaned up.
    is_deleted: true,
    check_after: String(now + ctx.config.attachments.orphanHours * HOUR_MS),
    created_at: String(now),
    updated_at: String(now),
  })
  try {
    await ctx.blobs.put(blob, file.path)
    if (image) await ctx.blobs.put(thumbnailOf(blob), thumbnailPath)
  } catch (error) {
    ctx.log.error({ err: error, attachmentId: row.id }, 'a file could not be stored')
    throw new AppError('Unavailable', 'files cannot be stored at the moment, try again later')
  }
  await setDeleted(ctx.db, row.id, false, now)
  return { ...row, is_deleted: false }
}

/** What a file is said to be, unless we have looked and it is not. */
function claimOf(declaredType: string): string {
  return /^image\/(jpe?g|png|gif|webp)$/.test(declaredType) ? 'application/octet-stream' : declaredType
}

/** `allowed` holds types like `image/png` or `image/*`; null allows everything. Throws UnsupportedMediaType. */
function requireType(allowed: string[] | null, type: string): void {
  const isAllowed = allowed?.some((each) =>
    each.endsWith('/*') ? type.startsWith(each.slice(0, -1)) : type === each,
  )
  if (isAllowed === false)
    throw new AppError('UnsupportedMediaType', 'files of this type are not accepted here')
}

/**
 * An attachment that the viewer may read: the uploader, an administrator of the app, and who may see a message
 * that shows it. Throws NotFound, also for those of other apps, and NotAllowed.
 */
export async function getReadable(ctx: Context, viewer: Viewer, id: string): Promise<AttachmentRow> {
  const row = await findAttachment(ctx.db, viewer.appId, id)
  if (!row) throw noSuchAttachment()
  const mayRead = isOwn(row, viewer) || (await isShared(ctx.db, id, viewer.userId))
  if (!mayRead) throw new AppError('NotAllowed', 'this file was not shared with you')
  return row
}

/** An attachment by the key in its public address. Throws NotFound, the same for a wrong id and a wrong key. */
export async function getByKey(ctx: Context, id: string, key: string): Promise<AttachmentRow> {
  const row = await findAnyAttachment(ctx.db, id)
  // Compared in any case, and in a time that tells nothing of how much was right.
  const isRight = isSame(row?.url_key ?? '', key)
  if (!row || !isRight) throw noSuchAttachment()
  return row
}

/** Soft; the bytes go at once, or with the next clean-up. Throws NotFound, NotAllowed. */
export async function deleteAttachment(ctx: Context, viewer: Viewer, id: string): Promise<void> {
  const row = await findAttachment(ctx.db, viewer.appId, id)
  if (!row) throw noSuchAttachment()
  if (!isOwn(row, viewer)) throw new AppError('NotAllowed', 'only the uploader can delete this file')
  await setDeleted(ctx.db, id, true, ctx.now())
  await removeBlobs(ctx, row).catch((error) =>
    ctx.log.warn({ attachmentId: id, reason: error.message }, 'the bytes of a deleted file are still there'),
  )
}

/** What is kept of a deleted attachment goes. Any number of processes may do it at once. */
export async function removeBlobs(ctx: Context, row: AttachmentRow): Promise<void> {
  if (row.blob === null) return
  await ctx.blobs.remove(row.blob)
  await ctx.blobs.remove(thumbnailOf(row.blob))
  await forgetBlob(ctx.db, row.id)
}

function isOwn(row: AttachmentRow, viewer: Viewer): boolean {
  return viewer.isAdmin || row.uploader_id === viewer.userId
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function noSuchAttachment(): AppError {
  return new AppError('NotFound', 'there is no such attachment')
}
