import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Request } from 'express'
import type { Insertable } from 'kysely'
import { AppError } from '../../shared/server/app-error.js'
import type { AttachmentObject } from '../../shared/wire/attachments.js'
import type { Context } from '../context.js'
import type { AttachmentTable } from '../database/tables/attachment.js'
import type { Viewer } from '../http/viewer.js'
import { newBlobName, spoolFolder, thumbnailOf } from './blobs/open.js'
import { readImage } from './images.js'
import { presentAttachment } from './present.js'
import { type ReceivedFile, receiveFile } from './receive.js'
import {
  type AttachmentRow,
  findAnyAttachment,
  findAttachment,
  findUsage,
  finishStoring,
  forgetBlob,
  giveUpStoring,
  insertAttachment,
  isShared,
  lockUsage,
  rememberBlob,
  setDeleted,
} from './store.js'

const HOUR_MS = 3600_000

/**
 * Stores the file of a multipart request; it is durable when this answers. Throws what `receiveFile` throws,
 * UnsupportedMediaType, QuotaExceeded, TooManyRequests and Unavailable.
 */
export async function upload(ctx: Context, viewer: Viewer, req: Request): Promise<AttachmentObject> {
  // An application's own server uploads for all of its users.
  const endUpload = viewer.isAdmin ? () => {} : ctx.uploadSlots.take(viewer.userId)
  try {
    return await receiveAndKeep(ctx, viewer, req)
  } finally {
    endUpload()
  }
}

async function receiveAndKeep(ctx: Context, viewer: Viewer, req: Request): Promise<AttachmentObject> {
  const { maxUploadBytes, stallMs, quotaBytes } = ctx.config.attachments
  const folder = spoolFolder(ctx.config)
  // No more comes onto the disk than the user has room for. Others of his may come in at the same time: `keep` looks
  // again.
  const room =
    quotaBytes === null || viewer.isAdmin
      ? undefined
      : { bytes: quotaBytes - (await findUsage(ctx.db, viewer.userId)), refusal: quotaExceeded(quotaBytes) }
  const file = await receiveFile(req, { folder, maxBytes: maxUploadBytes, room, stallMs })
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
  const row = await insertWithinQuota(ctx, {
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
    is_storing: true,
    check_after: String(now + ctx.config.attachments.orphanHours * HOUR_MS),
    created_at: String(now),
    updated_at: String(now),
  })
  try {
    await ctx.blobs.put(blob, file.path)
    if (image) await ctx.blobs.put(thumbnailOf(blob), thumbnailPath)
  } catch (error) {
    ctx.log.error({ err: error, attachmentId: row.id }, 'a file could not be stored')
    await giveUpStoring(ctx.db, row.id)
    throw cannotStore()
  }
  if (!(await finishStoring(ctx.db, row.id, now))) {
    // It took so long that a clean-up took it for lost; what has been put since then is nobody's.
    ctx.log.warn({ attachmentId: row.id }, 'storing a file took too long')
    await rememberBlob(ctx.db, row.id, blob)
    await tryRemovingBlobs(ctx, row)
    throw cannotStore()
  }
  return { ...row, is_deleted: false }
}

/** The row of a file that is to be stored. Throws QuotaExceeded. */
function insertWithinQuota(ctx: Context, row: Insertable<AttachmentTable>): Promise<AttachmentRow> {
  const { quotaBytes } = ctx.config.attachments
  const { uploader_id: uploaderId } = row
  if (quotaBytes === null || !uploaderId) return insertAttachment(ctx.db, row)
  return ctx.db.transaction().execute(async (trx) => {
    if ((await lockUsage(trx, uploaderId)) + Number(row.size) > quotaBytes) throw quotaExceeded(quotaBytes)
    return insertAttachment(trx, row)
  })
}

function quotaExceeded(quotaBytes: number): AppError {
  const limit = `${quotaBytes / (1024 * 1024)} MB`
  return new AppError('QuotaExceeded', `your files would take more than ${limit}: delete some first`)
}

function cannotStore(): AppError {
  return new AppError('Unavailable', 'files cannot be stored at the moment, try again later')
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
  await setDeleted(ctx.db, id, ctx.now())
  await tryRemovingBlobs(ctx, row)
}

/** What fails is left to the clean-up. */
async function tryRemovingBlobs(ctx: Context, row: AttachmentRow): Promise<void> {
  await removeBlobs(ctx, row).catch((error) =>
    ctx.log.warn(
      { attachmentId: row.id, reason: error.message },
      'the bytes of a deleted file are still there',
    ),
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
