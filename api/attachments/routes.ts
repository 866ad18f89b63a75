import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { AttachmentObject } from '../../shared/wire/attachments.js'
import { Id } from '../../shared/wire/ids.js'
import { Nothing } from '../../shared/wire/objects.js'
import { Text } from '../../shared/wire/text.js'
import type { Context } from '../context.js'
import { rawRoute, route } from '../http/route.js'
import { deleteAttachment, getByKey, getReadable, upload } from './attachments.js'
import { presentAttachment } from './present.js'
import { safeFileName } from './receive.js'
import { sendAttachment } from './send.js'

const AttachmentParams = z.object({ attachmentId: Id })

/** `thumbnail=1` asks for a small WebP of an image instead. */
const ContentQuery = z.object({ thumbnail: z.enum(['0', '1']).optional() })

const BYTES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'application/octet-stream']
const YEAR_S = 365 * 24 * 3600

/** Addresses that hold a key and need no token. */
export function publicAttachmentRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/attachments/:attachmentId/:key',
    exceptContent,
    rawRoute({
      summary: 'A file by its public address; `.png` may follow the key',
      params: AttachmentParams.extend({ key: Text }),
      query: ContentQuery,
      gives: BYTES,
      run: async ({ params, query, req }, res) => {
        const row = await getByKey(ctx, params.attachmentId, params.key.replace(/\.png$/, ''))
        await sendAttachment(ctx, row, req, res, {
          isThumbnail: query.thumbnail === '1',
          disposition: 'inline',
          fileName: row.file_name,
          cacheControl: `public, max-age=${YEAR_S}, immutable`,
          neverChanges: true,
        })
      },
    }),
  )
  return router
}

/** The word has an address of its own, which needs a token. */
const exceptContent: RequestHandler = (req, _res, next) =>
  next(req.params.key === 'content' ? 'route' : undefined)

export function attachmentRoutes(ctx: Context): Router {
  const router = Router()
  router.post(
    '/attachments',
    route({
      summary: 'Store the one file of a multipart form, of any field name; old clients call it `pic`',
      accepts: ['multipart/form-data'],
      answer: AttachmentObject,
      run: ({ viewer, req }) => upload(ctx, viewer, req),
    }),
  )
  router.get(
    '/attachments/:attachmentId',
    route({
      summary: 'What is known of a file: for its uploader and who sees a message that shows it',
      params: AttachmentParams,
      answer: AttachmentObject,
      run: async ({ viewer, params }) =>
        presentAttachment(await getReadable(ctx, viewer, params.attachmentId)),
    }),
  )
  router.delete(
    '/attachments/:attachmentId',
    route({
      summary: 'Delete a file: its uploader, or an administrator',
      params: AttachmentParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteAttachment(ctx, viewer, params.attachmentId)
        return {}
      },
    }),
  )
  router.get(
    '/attachments/:attachmentId/content',
    rawRoute({
      summary: 'The bytes of a file, as a download',
      params: AttachmentParams,
      query: ContentQuery,
      gives: BYTES,
      run: async ({ viewer, params, query, req }, res) => {
        const row = await getReadable(ctx, viewer, params.attachmentId)
        await sendAttachment(ctx, row, req, res, download(query, row.file_name))
      },
    }),
  )
  router.get(
    '/attachments/:attachmentId/content/:fileName',
    rawRoute({
      summary: 'The same under a name of the caller’s choice',
      params: AttachmentParams.extend({ fileName: Text }),
      query: ContentQuery,
      gives: BYTES,
      run: async ({ viewer, params, query, req }, res) => {
        const row = await getReadable(ctx, viewer, params.attachmentId)
        await sendAttachment(ctx, row, req, res, download(query, safeFileName(params.fileName)))
      },
    }),
  )
  return router
}

/** Served inline, "download" in the old client's menu would replace its page with the picture. (yun2win.md §3 #26) */
function download(query: z.output<typeof ContentQuery>, fileName: string) {
  return {
    isThumbnail: query.thumbnail === '1',
    disposition: 'attachment' as const,
    fileName,
    // Kept by the caller only, who asks again each time whether it may still be shown.
    cacheControl: 'private, no-cache',
  }
}
