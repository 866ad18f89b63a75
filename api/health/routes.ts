import { Router } from 'express'
import { sql } from 'kysely'
import { AppError } from '../../shared/server/app-error.js'
import { HealthObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'

export function healthRoutes(ctx: Context): Router {
  const router = Router()
  /** The process answers. */
  router.get(
    '/healthz',
    route({
      summary: 'The process answers',
      answer: HealthObject,
      run: async () => ({ status: 'ok' }),
    }),
  )
  /** Requests would be served: the database answers and we are not stopping. */
  router.get(
    '/readyz',
    route({
      summary: 'Requests would be served: the database answers and nothing is stopping',
      answer: HealthObject,
      run: async () => {
        if (ctx.isStopping()) throw new AppError('Unavailable', 'stopping')
        try {
          await sql`select 1`.execute(ctx.db)
        } catch (error) {
          ctx.log.warn({ err: error }, 'the database does not answer')
          throw new AppError('Unavailable', 'the database does not answer')
        }
        return { status: 'ready' }
      },
    }),
  )
  return router
}
