import { type Request, Router } from 'express'
import { AppError } from '../../shared/server/app-error.js'
import { TokenObject } from '../../shared/wire/objects.js'
import { TokenBody } from '../../shared/wire/requests.js'
import type { Context } from '../context.js'
import { findToken } from '../http/authenticate.js'
import { route } from '../http/route.js'
import { issueToken } from './oauth.js'

export function oauthRoutes(ctx: Context): Router {
  const router = Router()
  router.post(
    '/oauth/token',
    route({
      summary:
        'Sells an imToken for the key and secret of a login, or an administrator’s token for the app’s own secret',
      answer: TokenObject,
      body: TokenBody,
      run: ({ body, req }) => issueToken(ctx, body, () => accessTokenOf(req)),
    }),
  )
  return router
}

/** A missing access token is answered like a bad one: 400 is kept for a bad client_id or secret. */
function accessTokenOf(req: Request): string {
  try {
    return findToken(req)
  } catch {
    throw new AppError('InvalidToken', 'the access token of the user is required')
  }
}
