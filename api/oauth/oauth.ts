import { AppError } from '../../shared/server/app-error.js'
import { TOKEN_LIFETIME_S } from '../../shared/server/tokens.js'
import type { TokenObject } from '../../shared/wire/objects.js'
import type { TokenBody } from '../../shared/wire/requests.js'
import { isDatedSecret, isSameText } from '../apps/dated-secret.js'
import { findAppByKey } from '../apps/store.js'
import type { Context } from '../context.js'
import { viewerOf } from '../http/authenticate.js'
import { requireActive } from '../users/active.js'
import { signImToken } from './im-tokens.js'
import { presentToken } from './present.js'

/**
 * Sells tokens for an app's key: the raw secret buys an admin token; the dated secret of a login buys an
 * imToken bound to the user of `accessToken`, and to nobody else. Throws InvalidClient (400) only for a
 * wrong key or secret: old clients then log in anew, with no delay. (yun2win.md §1.9)
 */
export async function issueToken(
  ctx: Context,
  body: TokenBody,
  readAccessToken: () => string,
): Promise<TokenObject> {
  const app = await findAppByKey(ctx.db, body.client_id)
  if (!app) throw new AppError('InvalidClient', 'client_id: there is no such app')

  if (isSameText(body.client_secret, app.secret)) {
    return presentToken(ctx.tokens.sign('admin', { app: app.id }), TOKEN_LIFETIME_S.admin)
  }
  if (!isDatedSecret(body.client_secret, app.secret, ctx.now())) {
    throw new AppError('InvalidClient', 'client_secret: is wrong or too old')
  }
  const viewer = viewerOf(ctx.tokens, readAccessToken())
  if (viewer.login === undefined || viewer.appId !== app.id) {
    throw new AppError('InvalidToken', 'the access token is not of a user of this app')
  }
  await requireActive(ctx, viewer)
  return signImToken(ctx, app, { userId: viewer.userId, login: viewer.login, device: body.device })
}
