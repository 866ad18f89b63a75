import { join, resolve } from 'node:path'
import { Router } from 'express'
import { z } from 'zod'
import { AppError } from '../../shared/server/app-error.js'
import { ChangeEmojiBody, EmojiBody, EmojiObject } from '../../shared/wire/emojis.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf, Nothing } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, rawRoute, route } from '../http/route.js'
import { addEmoji, changeEmoji, deleteEmoji, getEmoji, listEmojis } from './emojis.js'

const EmojiParams = z.object({ emojiId: Id })

export function emojiRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/emojis',
    route({
      summary: 'The app’s emojis',
      query: ListQuery,
      answer: listOf(EmojiObject),
      run: ({ viewer, query, cursor }) => listEmojis(ctx, viewer, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/emojis',
    route({
      summary: 'Add an emoji: administrators',
      body: EmojiBody,
      answer: EmojiObject,
      run: ({ viewer, body }) => addEmoji(ctx, viewer, body),
    }),
  )
  router.get(
    '/emojis/:emojiId',
    route({
      summary: 'One emoji',
      params: EmojiParams,
      answer: EmojiObject,
      run: ({ viewer, params }) => getEmoji(ctx, viewer, params.emojiId),
    }),
  )
  router.put(
    '/emojis/:emojiId',
    route({
      summary: 'Change an emoji: administrators',
      params: EmojiParams,
      body: ChangeEmojiBody,
      answer: EmojiObject,
      run: ({ viewer, params, body }) => changeEmoji(ctx, viewer, params.emojiId, body),
    }),
  )
  router.delete(
    '/emojis/:emojiId',
    route({
      summary: 'Delete an emoji: administrators',
      params: EmojiParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteEmoji(ctx, viewer, params.emojiId)
        return {}
      },
    }),
  )
  return router
}

/** Pictures only, and no name that leads anywhere else. */
const FileName = z.string().regex(/^[\w-]+\.(png|gif|jpe?g|webp)$/, 'is not the name of a picture')
const DAY_MS = 24 * 3600_000

/** `/Emoji/<file>`: what the operator puts into `DATA_DIR/emoji`. Needs no token, like any picture in a page. */
export function emojiFileRoutes(ctx: Context): Router {
  const router = Router()
  const root = resolve(join(ctx.config.dataDir, 'emoji'))
  router.get(
    '/Emoji/:fileName',
    rawRoute({
      summary: 'An emoji’s picture, from DATA_DIR/emoji',
      params: z.object({ fileName: FileName }),
      gives: ['image/png', 'image/gif', 'image/jpeg', 'image/webp'],
      run: ({ params }, res) =>
        new Promise<void>((resolve, reject) => {
          res.removeHeader('Cache-Control')
          res.sendFile(params.fileName, { root, maxAge: DAY_MS }, (error) => {
            if (!error || res.headersSent) return resolve()
            reject('status' in error && error.status === 404 ? noSuchFile() : error)
          })
        }),
    }),
  )
  return router
}

function noSuchFile(): AppError {
  return new AppError('NotFound', 'there is no such file')
}
