import { randomUUID } from 'node:crypto'
import { AppError } from '../../shared/server/app-error.js'
import { ENDED_LOGINS_KEPT_MS, type LoginSource } from '../../shared/server/logins.js'
import { TOKEN_LIFETIME_S } from '../../shared/server/tokens.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, loginsEnded } from '../announce/announce.js'
import { tellNow } from '../announce/tell-now.js'
import { transact } from '../announce/transact.js'
import type { Context } from '../context.js'
import type { Db, Trx } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { write } from '../sync/write.js'
import { endLogins, findEndedSince, insertLogin, type Which } from './store.js'

/** An imToken bought with an access token's last breath lives this much longer. */
const LIFETIME_MS = (TOKEN_LIFETIME_S.access + TOKEN_LIFETIME_S.im) * 1000
/** With more logins than this the oldest end: old clients log in again and again, and ending all must be cheap. */
const MAX_LOGINS = 100

/**
 * Begins a login of a user whose password was checked and returns its tokens. Throws WrongCredentials when
 * the password has been changed, or the account closed, since then.
 */
export async function beginLogin(
  ctx: Pick<Context, 'db' | 'tokens' | 'now' | 'carrier'>,
  user: { id: string; app_id: string; password_hash: string },
): Promise<{ token: string; fileToken: string }> {
  const id = randomUUID()
  const now = ctx.now()
  const begun = { id, userId: user.id, passwordHash: user.password_hash, createdAt: now }
  await transact(ctx, async (trx) => {
    if (!(await insertLogin(trx, { ...begun, expiresAt: now + LIFETIME_MS }))) {
      throw new AppError('WrongCredentials', '用户密码不匹配')
    }
    // No synced row changes, so there is no stamp: push only has to look.
    if (await endLogins(trx, user.id, now, { beyond: MAX_LOGINS }))
      await announce(trx, now, [loginsEnded(user.id)])
  })
  const claims = { sub: user.id, app: user.app_id, login: id }
  return { token: ctx.tokens.sign('access', claims), fileToken: ctx.tokens.sign('files', claims) }
}

/** Ends the viewer's own login: its tokens are refused from now on, and its push connections are cut. */
export async function logout(ctx: Context, viewer: Viewer): Promise<void> {
  const { appId, userId, login } = viewer
  // An administrator's token is no login; it expires within the hour.
  if (login === undefined) return
  await write(ctx, appId, (trx, stamp) => endLoginsOf(ctx, trx, stamp, userId, { only: login }))
  await lockOut(ctx, appId, userId)
}

/**
 * Ends a user's logins in the transaction of what makes that necessary, and after that: a login that begins at the
 * same time waits for the user's row. When it has committed, `lockOut` makes it felt.
 */
export async function endLoginsOf(
  ctx: Pick<Context, 'now'>,
  trx: Trx,
  stamp: Stamp,
  userId: string,
  which: Which,
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
  return { findEnded: (userId) => findEndedSince(db, now() - ENDED_LOGINS_KEPT_MS, userId) }
}
