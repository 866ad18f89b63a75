import { Router } from 'express'
import { z } from 'zod'
import { AppError } from '../../shared/server/app-error.js'
import { Id } from '../../shared/wire/ids.js'
import { SessionType } from '../../shared/wire/session-types.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'
import { findMembership } from '../members/store.js'

const Membership = z.object({
  sessionId: Id,
  appId: Id,
  type: SessionType,
  mts: z.number().int(),
  memberIds: z.array(Id),
  isDeleted: z.boolean().optional(),
})

/** What the push server asks when it runs apart; needs a service token. */
export function internalRoutes(ctx: Context): Router {
  const router = Router()
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
  return router
}
