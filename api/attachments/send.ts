import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import type { Context } from '../context.js'
import { BlobMissing, type ByteRange } from './blobs/blob-store.js'
import { thumbnailOf } from './blobs/open.js'
import { THUMBNAIL_TYPE } from './images.js'
import type { AttachmentRow } from './store.js'

export interface SendOptions {
  /** Send the thumbnail instead. */
  isThumbnail: boolean
  /** `inline` counts for images only; whatever else it is becomes a download. */
  disposition: 'inline' | 'attachment'
  fileName: string
  cacheControl: string
  /** Whoever asks "changed since then?" is told no, whatever the date. */
  neverChanges?: boolean
}

/**
 * Answers with the bytes of an attachment, or the range of them that was asked for. Nothing of it can run in a
 * browser: the type is a picture's or says nothing, and a policy closes the rest. Throws NotFound.
 */
export async function sendAttachment(
  ctx: Context,
  row: AttachmentRow,
  req: Request,
  res: Response,
  options: SendOptions,
): Promise<void> {
  const { blob, size, type, etag } = contentOf(row, options.isThumbnail)
  const lastModified = new Date(Number(row.created_at)).toUTCString()
  const headers: Record<string, string> = {
    'Accept-Ranges': 'bytes',
    // It never changes, and compressing it would spoil ranges.
    'Cache-Control': `${options.cacheControl}, no-transform`,
    'Content-Disposition': dispositionOf(options, type),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: etag,
    'Last-Modified': lastModified,
    'X-Content-Type-Options': 'nosniff',
  }
  if (isKnown(req, etag, lastModified, options.neverChanges)) {
    res.status(304).set(headers).end()
    return
  }
  const range = rangeOf(req, size, etag, lastModified)
  if (range === 'unsatisfiable') {
    res.setHeader('Content-Range', `bytes */${size}`)
    throw new AppError('RangeNotSatisfiable', 'the file has no such range')
  }
  headers['Content-Length'] = String(range ? range.end - range.start + 1 : size)
  if (range) headers['Content-Range'] = `bytes ${range.start}-${range.end}/${size}`
  headers['Content-Type'] = type
  const answer = () => res.status(range ? 206 : 200).set(headers)
  if (req.method === 'HEAD') {
    answer().end()
    return
  }

  const bytes = await ctx.blobs.get(blob, range).catch((error) => {
    ctx.log.error({ err: error, attachmentId: row.id }, 'the bytes of an attachment cannot be had')
    if (error instanceof BlobMissing) throw new AppError('NotFound', 'the file is gone')
    throw new AppError('Unavailable', 'files cannot be read at the moment, try again later')
  })
  answer()
  await pipeline(bytes, res).catch((error) => {
    // The client has gone, or has been cut off by this: it knows by the length that something is missing.
    if (!res.destroyed || res.writableFinished) throw error
    ctx.log.info({ attachmentId: row.id, reason: error.message }, 'a download was cut off')
  })
}

function contentOf(row: AttachmentRow, isThumbnail: boolean) {
  if (row.blob === null) throw new AppError('NotFound', 'the file is gone')
  if (!isThumbnail) {
    return { blob: row.blob, size: Number(row.size), type: row.content_type, etag: `"${row.id}"` }
  }
  if (row.thumbnail_size === null) throw new AppError('NotFound', 'only images have a thumbnail')
  return {
    blob: thumbnailOf(row.blob),
    size: row.thumbnail_size,
    type: THUMBNAIL_TYPE,
    etag: `"${row.id}-thumbnail"`,
  }
}

function dispositionOf({ disposition, fileName }: SendOptions, type: string): string {
  const kind = type.startsWith('image/') ? disposition : 'attachment'
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename*=UTF-8''${encoded}`
}

/** The caller has it already. If-None-Match goes before If-Modified-Since. */
function isKnown(req: Request, etag: string, lastModified: string, neverChanges = false): boolean {
  const tags = req.get('If-None-Match')
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
  }
  const since = req.get('If-Modified-Since')
  return since !== undefined && (neverChanges || Date.parse(since) >= Date.parse(lastModified))
}

/** The one range that is asked for. Several at once are answered with the whole, as anything unreadable is. */
function rangeOf(
  req: Request,
  size: number,
  etag: string,
  lastModified: string,
): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = req.get('If-Range')
  if (ifRange !== undefined && ifRange !== etag && ifRange !== lastModified) return undefined
  const ranges = req.range(size, { combine: true })
  if (ranges === -1) return 'unsatisfiable'
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1)
    return undefined
  return ranges[0]
}
