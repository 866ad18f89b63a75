import { Router } from 'express'
import { z } from 'zod'
import { Text } from '../../shared/wire/text.js'
import { LoginRecordObject } from '../../shared/wire/users.js'
import type { Context } from '../context.js'
import { ListQuery, route } from '../http/route.js'
import { MAX_LIMIT } from '../sync/collection.js'
import { requireAdmin } from '../users/profile.js'
import { dayOf, findLogins } from './store.js'

/** Any date; `2016-1-28` is that day wherever the server stands. */
const Day = Text.transform((text, problem) => {
  const plain = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text)
  const ms = plain ? Date.UTC(Number(plain[1]), Number(plain[2]) - 1, Number(plain[3])) : Date.parse(text)
  if (Number.isNaN(ms) || ms < 0 || ms > Date.UTC(9999, 0, 1)) {
    problem.addIssue({ code: 'custom', message: 'is not a date' })
    return z.NEVER
  }
  return dayOf(ms)
})

/** Offsets go further than in lists: there is no cursor to go on with. */
const RecordsQuery = z.object({
  limit: ListQuery.shape.limit,
  offset: z.coerce.number().int().min(0).max(1_000_000).optional(),
})

export function recordRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/records/:day',
    route({
      summary: 'Who logged in on a day (UTC) and how often, for administrators',
      params: z.object({ day: Day }),
      query: RecordsQuery,
      answer: z.array(LoginRecordObject),
      run: async ({ viewer, params, query }) => {
        requireAdmin(viewer)
        const logins = await findLogins(ctx.db, viewer.appId, params.day, {
          limit: query.limit ?? MAX_LIMIT,
          offset: query.offset ?? 0,
        })
        return logins.map(({ user_id, count }): LoginRecordObject => ({ userId: user_id, count }))
      },
    }),
  )
  return router
}
