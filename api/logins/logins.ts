import { randomUUID } from 'node:crypto'
import type { LoginSource } from '../../shared/server/logins.js'
import { TOKEN_LIFETIME_S } from '../../shared/server/tokens.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, loginsEnded } from '../announce/announce.js'
import { tellNow } from '../announce/tell-now.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { write } from '../sync/write.js'
import { endLogins, findEndedOf, findEndedSince, insertLogin } from './store.js'

/** An imToken bought with an access token's last breath lives this much longer. */
const LIFETIME_MS = (TOKEN_LIFETIME_S.access + TOKEN_LIFETIME_S.im) * 1000

/** Begins a login and returns its access token. */
export async function beginLogin(
  ctx: Pick<Context, 'db' | 'tokens' | 'now'>,
  user: { id: string; app_id: string },
): Promise<string> {
  const id = randomUUID()
  const now = ctx.now()
  await insertLogin(ctx.db, { id, userId: user.id, createdAt: now, expiresAt: now + LIFETIME_MS })
  return ctx.tokens.sign('access', { sub: user.id, app: user.app_id, login: id })
}

/** Ends the viewer's own login: its tokens are refused from now on, and its push connections are cut. */
export async function logout(ctx: Context, viewer: Viewer): Promise<void> {
  // An administrator's token is no login; it expires within the hour.
  if (viewer.isAdmin) return
  await write(ctx, viewer.appId, (trx, stamp) =>
    endLoginsOf(ctx, trx, stamp, viewer.userId, { only: viewer.login }),
  )
  await lockOut(ctx, viewer.appId, viewer.userId)
}

/**
 * Ends a user's logins in the transaction of what makes that necessary. When it has committed, `lockOut` makes it
 * felt.
 */
export async function endLoginsOf(
  ctx: Pick<Context, 'now'>,
  trx: Trx,
  stamp: Stamp,
  userId: string,
  which: { only?: string | undefined; except?: string | undefined } = {},
): Promise<void> {
  await endLogins(trx, userId, ctx.now(), which)
  await announce(trx, stamp, [loginsEnded(userId)])
}

/** Makes this process and push notice, before the caller is answered, that logins of the user have ended. */
export async function lockOut(
  ctx: Pick<Context, 'accounts' | 'announce' | 'log'>,
  appId: string,
  userId: string,
): Promise<void> {
  ctx.accounts.forget(appId, userId)
  await tellNow(ctx, loginsEnded(userId))
}

/** What push asks about logins when it is in this process. */
export function loginSource(db: Db, now: () => number): LoginSource {
  return {
    findEnded: (userId) =>
      userId === undefined ? findEndedSince(db, now() - TOKEN_LIFETIME_S.im * 1000) : findEndedOf(db, userId),
  }
}
