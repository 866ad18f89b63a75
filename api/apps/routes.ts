import { Router } from 'express'
import { z } from 'zod'
import { ShortText } from '../../shared/wire/text.js'
import type { Context } from '../context.js'
import { route } from '../http/route.js'
import { getAllowedOrigins } from './embedding.js'

/** Which app a page is of: the default one unless it says. */
export const AppQuery = z.object({ appKey: ShortText.optional() })

/** Whose pages may embed the conversation page: it looks itself, beside the browser. (dialects.md §4.4) */
export function embeddingRoutes(ctx: Context): Router {
  const router = Router()
  router.get(
    '/embedding',
    route({
      summary: 'Whose pages may embed the conversation page of an app',
      query: AppQuery,
      answer: z.object({ allowedOrigins: z.array(z.string()) }),
      run: async ({ query }) => ({ allowedOrigins: await getAllowedOrigins(ctx, query.appKey) }),
    }),
  )
  return router
}
