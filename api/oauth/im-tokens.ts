import { AppError } from '../../shared/server/app-error.js'
import type { TokenObject } from '../../shared/wire/objects.js'
import type { ImTokenBody } from '../../shared/wire/users.js'
import { type AppRow, getAppById } from '../apps/store.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { presentToken } from './present.js'

/** What clients are told (seconds); push accepts the token longer. (yun2win.md §1.9, §2.3) */
const IM_TOKEN_SHOWN_S = 3600

/**
 * An imToken for the viewer's own login. Needs no `secret`: that goes stale after two days, and clients keep an
 * access token for thirty. Throws NotAllowed for administrators, who have no devices.
 */
export async function issueImToken(ctx: Context, viewer: Viewer, body: ImTokenBody): Promise<TokenObject> {
  if (viewer.login === undefined) throw new AppError('NotAllowed', 'imTokens are for users')
  const app = await getAppById(ctx.db, viewer.appId)
  return signImToken(ctx, app, { userId: viewer.userId, login: viewer.login, device: body.device })
}

/** The one kind of imToken, however it was asked for. Whether the login still holds is the caller's to check. */
export function signImToken(
  ctx: Pick<Context, 'tokens' | 'config'>,
  app: AppRow,
  { userId, login, device }: { userId: string; login: string; device: string | undefined },
): TokenObject {
  const policy = app.device_policy ?? ctx.config.devicePolicy
  const token = ctx.tokens.sign('im', {
    sub: userId,
    app: app.id,
    login,
    ...(device !== undefined && { device }),
    ...(policy === 'kick' && { kicks: true }),
  })
  return presentToken(token, IM_TOKEN_SHOWN_S)
}
