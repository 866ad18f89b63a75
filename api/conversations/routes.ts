import { Router } from 'express'
import { z } from 'zod'
import { OpenConversationBody, RemindBody, UpdateConversationBody } from '../../shared/wire/conversations.js'
import { Id } from '../../shared/wire/ids.js'
import { listOf, Nothing, UserConversationObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import { listConversations } from './conversations.js'
import {
  deleteConversation,
  getConversationNewerThan,
  openConversation,
  remind,
  updateConversation,
} from './settings.js'

const OwnerParams = z.object({ userId: Id })
const ConversationParams = OwnerParams.extend({ conversationId: Id })

export function conversationRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/users/:userId/userConversations',
    route({
      summary: 'One’s own conversations that changed',
      hot: { limits: [] },
      params: OwnerParams,
      query: ListQuery,
      answer: listOf(UserConversationObject),
      run: ({ viewer, params, query, cursor }) =>
        listConversations(ctx, viewer, params.userId, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/users/:userId/userConversations',
    route({
      summary: 'Shows a conversation in the list, under the id it always had',
      params: OwnerParams,
      body: OpenConversationBody,
      answer: UserConversationObject,
      run: ({ viewer, params, body }) => openConversation(ctx, viewer, params.userId, body),
    }),
  )
  router.get(
    '/users/:userId/userConversations/:conversationId',
    route({
      summary: 'A conversation; null when not newer than Client-Sync-Time',
      usesCursor: true,
      params: ConversationParams,
      answer: UserConversationObject.nullable(),
      run: ({ viewer, params, cursor }) =>
        getConversationNewerThan(ctx, viewer, params.userId, params.conversationId, cursor),
    }),
  )
  router.put(
    '/users/:userId/userConversations/:conversationId',
    route({
      summary: 'Pins a conversation, or gives the other user a name of one’s own',
      params: ConversationParams,
      body: UpdateConversationBody,
      answer: UserConversationObject,
      run: ({ viewer, params, body }) =>
        updateConversation(ctx, viewer, params.userId, params.conversationId, body),
    }),
  )
  router.put(
    '/users/:userId/userConversations/:conversationId/unread',
    route({
      summary: 'Reminds of a conversation: an unread count, and a text in place of the last message',
      params: ConversationParams,
      body: RemindBody,
      answer: Nothing,
      run: async ({ viewer, params, body }) => {
        await remind(ctx, viewer, params.userId, params.conversationId, body)
        return {}
      },
    }),
  )
  router.delete(
    '/users/:userId/userConversations/:conversationId',
    route({
      summary: 'Takes a conversation off the list until its next message',
      params: ConversationParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteConversation(ctx, viewer, params.userId, params.conversationId)
        return {}
      },
    }),
  )
  return router
}
