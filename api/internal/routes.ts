import { Router } from 'express'
import { z } from 'zod'
import { AppError } from '../../shared/server/app-error.js'
import { PresenceReport } from '../../shared/server/presence.js'
import { Id } from '../../shared/wire/ids.js'
import { Nothing } from '../../shared/wire/objects.js'
import { SessionType } from '../../shared/wire/session-types.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'
import { loginSource } from '../logins/logins.js'
import { findMembership } from '../members/store.js'
import { storePresence } from '../presence/store.js'

const Membership = z.object({
  sessionId: Id,
  appId: Id,
  type: SessionType,
  mts: z.number().int(),
  memberIds: z.array(Id),
  isDeleted: z.boolean().optional(),
})

/** What the push server asks and tells when it runs apart; needs a service token. */
export function internalRoutes(ctx: Context): Router {
  const router = Router()
  const logins = loginSource(ctx.db, ctx.now)
  router.get(
    '/internal/sessions/:sessionId/membership',
    route({
      summary: 'Who is in a session, for push',
      answer: Membership,
      params: z.object({ sessionId: Id }),
      run: async ({ params }) => {
        const membership = await findMembership(ctx.db, params.sessionId)
        if (!membership) throw new AppError('NotFound', 'there is no such session')
        return { ...membership, memberIds: [...membership.memberIds] }
      },
    }),
  )
  router.get(
    '/internal/ended-logins',
    route({
      summary: 'Logins whose imTokens push must refuse, of one user or of all',
      answer: z.object({ loginIds: z.array(z.string()) }),
      query: z.object({ userId: Id.optional() }),
      run: async ({ query }) => ({ loginIds: await logins.findEnded(query.userId) }),
    }),
  )
  router.post(
    '/internal/presence',
    route({
      summary: 'Who has come and gone, as push sees it',
      answer: Nothing,
      body: PresenceReport,
      run: async ({ body }) => {
        await storePresence(ctx.db, body, ctx.now())
        return {}
      },
    }),
  )
  return router
}
