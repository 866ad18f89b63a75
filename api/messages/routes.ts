import { Router } from 'express'
import { z } from 'zod'
import { Id } from '../../shared/wire/ids.js'
import { EditMessageBody } from '../../shared/wire/messages.js'
import { HistoryMessageObject, MessageListObject, MessageObject, Nothing } from '../../shared/wire/objects.js'
import { SendMessageBody } from '../../shared/wire/requests.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import { DEFAULT_LIMIT } from '../sync/collection.js'
import { deleteMessage, editMessage, getHistory, getMessage, sendMessage, syncMessages } from './messages.js'

const SessionParams = z.object({ sessionId: Id })
const MessageParams = SessionParams.extend({ messageId: Id })

/** Devices that sync in the background keep what is unread; old clients mark it as read by pulling. */
const MessageListQuery = ListQuery.extend({ unread: z.literal('keep', 'must be keep').optional() })

export function messageRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/sessions/:sessionId/messages',
    route({
      summary: 'Messages that are new or have changed; marks as read what it gives, unless unread=keep',
      params: SessionParams,
      query: MessageListQuery,
      answer: MessageListObject,
      hot: { limits: [] },
      run: ({ viewer, params, query, cursor }) =>
        syncMessages(ctx, viewer, params.sessionId, {
          ...pageRequest(query, cursor),
          marksRead: query.unread !== 'keep',
        }),
    }),
  )
  router.get(
    '/sessions/:sessionId/messages/history',
    route({
      summary:
        'Older messages, newest first; for removed members those from before their removal. The newest are marked as read, unless unread=keep',
      params: SessionParams,
      query: MessageListQuery,
      answer: z.array(HistoryMessageObject),
      run: ({ viewer, params, query, cursor }) =>
        getHistory(ctx, viewer, params.sessionId, {
          before: cursor ?? Number.MAX_SAFE_INTEGER,
          limit: query.limit ?? DEFAULT_LIMIT,
          offset: query.offset ?? 0,
          marksRead: query.unread !== 'keep',
        }),
    }),
  )
  router.post(
    '/sessions/:sessionId/messages',
    route({
      summary: 'Send a message',
      hot: { limits: ['send'] },
      params: SessionParams,
      body: SendMessageBody,
      answer: MessageObject,
      run: ({ viewer, params, body }) => sendMessage(ctx, viewer, params.sessionId, body),
    }),
  )
  router.get(
    '/sessions/:sessionId/messages/:messageId',
    route({
      summary: 'One message',
      params: MessageParams,
      answer: MessageObject,
      run: ({ viewer, params }) => getMessage(ctx, viewer, params.sessionId, params.messageId),
    }),
  )
  router.put(
    '/sessions/:sessionId/messages/:messageId',
    route({
      summary: 'Edit a message of your own, or recall one: type `system`',
      params: MessageParams,
      body: EditMessageBody,
      answer: MessageObject,
      run: ({ viewer, params, body }) => editMessage(ctx, viewer, params.sessionId, params.messageId, body),
    }),
  )
  router.delete(
    '/sessions/:sessionId/messages/:messageId',
    route({
      summary: 'Delete a message: it stays as an empty tombstone',
      params: MessageParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteMessage(ctx, viewer, params.sessionId, params.messageId)
        return {}
      },
    }),
  )
  return router
}
