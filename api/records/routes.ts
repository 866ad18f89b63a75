import { Router } from 'express'
import { z } from 'zod'
import { Text } from '../../shared/wire/text.js'
import { LoginRecordObject } from '../../shared/wire/users.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'
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

export function recordRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/records/:day',
    route({
      summary: 'Who logged in on a day (UTC) and how often, for administrators',
      params: z.object({ day: Day }),
      answer: z.array(LoginRecordObject),
      run: async ({ viewer, params }) => {
        requireAdmin(viewer)
        const logins = await findLogins(ctx.db, viewer.appId, params.day)
        return logins.map(({ user_id, count }): LoginRecordObject => ({ userId: user_id, count }))
      },
    }),
  )
  return router
}
