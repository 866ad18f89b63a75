import { Router } from 'express'
import { z } from 'zod'
import { Id } from '../../shared/wire/ids.js'
import { Nothing, SessionObject } from '../../shared/wire/objects.js'
import { CreateSessionBody, SessionListObject, UpdateSessionBody } from '../../shared/wire/sessions.js'
import type { Context } from '../context.js'
import { ListQuery, pageRequest, route } from '../http/route.js'
import {
  changeSession,
  createGroup,
  deleteSession,
  getOrCreateP2p,
  getOrCreateSingle,
  getSession,
  listSessions,
} from './sessions.js'

const SessionParams = z.object({ sessionId: Id })

export function sessionRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/sessions',
    route({
      summary: 'Sessions one is or was in, changed since; for an administrator all of the app',
      query: ListQuery,
      answer: SessionListObject,
      run: ({ viewer, query, cursor }) => listSessions(ctx, viewer, pageRequest(query, cursor)),
    }),
  )
  router.post(
    '/sessions',
    route({
      summary: 'Create a group without members: its creator joins first',
      body: CreateSessionBody,
      answer: SessionObject,
      run: ({ viewer, body }) => createGroup(ctx, viewer, body),
    }),
  )
  router.get(
    '/sessions/p2p/:a/:b',
    route({
      summary: 'The session of two users, created when there is none',
      params: z.object({ a: Id, b: Id }),
      answer: SessionObject,
      run: ({ viewer, params }) => getOrCreateP2p(ctx, viewer, params.a, params.b),
    }),
  )
  router.get(
    '/sessions/single/:userId',
    route({
      summary: 'The session with one’s own devices, created when there is none',
      params: z.object({ userId: Id }),
      answer: SessionObject,
      run: ({ viewer, params }) => getOrCreateSingle(ctx, viewer, params.userId),
    }),
  )
  router.get(
    '/sessions/:sessionId',
    route({
      summary: 'One session, also for removed members',
      params: SessionParams,
      answer: SessionObject,
      run: ({ viewer, params }) => getSession(ctx, viewer, params.sessionId),
    }),
  )
  router.put(
    '/sessions/:sessionId',
    route({
      summary: 'Rename a group, change its avatar or settings',
      params: SessionParams,
      body: UpdateSessionBody,
      answer: SessionObject,
      run: ({ viewer, params, body }) => changeSession(ctx, viewer, params.sessionId, body),
    }),
  )
  router.delete(
    '/sessions/:sessionId',
    route({
      summary: 'Delete a group',
      params: SessionParams,
      answer: Nothing,
      run: async ({ viewer, params }) => {
        await deleteSession(ctx, viewer, params.sessionId)
        return {}
      },
    }),
  )
  return router
}
