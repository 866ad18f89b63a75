import { AppError } from '../../shared/server/app-error.js'
import { TOKEN_LIFETIME_S } from '../../shared/server/tokens.js'
import type { LoginObject, UserObject } from '../../shared/wire/objects.js'
import type { LoginBody, RegisterBody } from '../../shared/wire/requests.js'
import { withoutMarkup } from '../../shared/wire/text.js'
import type { Stamp } from '../../shared/wire/time.js'
import { getAppByKey } from '../apps/apps.js'
import { datedSecret } from '../apps/dated-secret.js'
import { findContact } from '../contacts/store.js'
import type { Context } from '../context.js'
import { isUniqueViolation } from '../database/unique-violation.js'
import { requireSelf, type Viewer } from '../http/viewer.js'
import { beginLogin } from '../logins/logins.js'
import { acceptInvite, getOpenInvite } from '../members/invites.js'
import { recordLogin } from '../records/store.js'
import { write } from '../sync/write.js'
import { hashPassword, isPassword } from './passwords.js'
import { pinyinOf } from './pinyin.js'
import { presentToOthers, presentUser } from './present.js'
import { findUser, findUserByEmail, insertUser, type UserRow } from './store.js'

/**
 * Creates an account that can log in. With the key of an invitation it is a member of that group at once.
 * Throws AlreadyExists, InvalidClient, and InvalidParameter for a key that opens nothing.
 */
export async function register(ctx: Context, body: RegisterBody): Promise<UserObject> {
  const app = await getAppByKey(ctx, body.appKey)
  const taken = () => new AppError('AlreadyExists', '该账号已被注册')
  if (await findUserByEmail(ctx.db, app.id, body.email)) throw taken()

  if (body.key !== undefined) await getOpenInvite(ctx, app.id, body.email, body.key)

  const passwordHash = await hashPassword(body.password, ctx.config.passwordCost)
  const name = body.name || nameFrom(body.email)
  try {
    const row = await write(ctx, app.id, async (trx, stamp) => {
      const user = await insertUser(trx, {
        app_id: app.id,
        email: body.email,
        password_hash: passwordHash,
        name,
        pinyin: pinyinOf(name),
        avatar_url: body.avatarUrl ?? '',
        created_at: String(stamp),
        v: String(stamp),
      })
      if (body.key !== undefined) await acceptInvite(ctx, trx, stamp, user, body.key)
      return user
    })
    return presentUser(row)
  } catch (error) {
    throw isUniqueViolation(error) ? taken() : error
  }
}

/** Who gives no name is called what is before the `@`. */
function nameFrom(account: string): string {
  return withoutMarkup(account.replace(/@.*/, '')) || withoutMarkup(account)
}

/**
 * Checks a password and hands out an access token. Throws WrongCredentials with the vendor's words: old
 * clients show them, and one of their pages searches for the first. (yun2win.md §1.9)
 */
export async function login(ctx: Context, body: LoginBody): Promise<LoginObject> {
  const app = await getAppByKey(ctx, body.appKey)
  const user = await findUserByEmail(ctx.db, app.id, body.email)
  if (!user?.password_hash) throw new AppError('WrongCredentials', '用户不存在')
  if (!(await isPassword(body.password, user.password_hash))) {
    throw new AppError('WrongCredentials', '用户密码不匹配')
  }
  if (user.is_deleted || user.status !== 'active') throw new AppError('WrongCredentials', '账号已停用')
  const begun = await beginLogin(ctx, { ...user, password_hash: user.password_hash })
  await recordLogin(ctx.db, app.id, user.id, ctx.now())
  return {
    ...presentUser(user),
    ...begun,
    expires: TOKEN_LIFETIME_S.access,
    key: app.key,
    secret: datedSecret(app.secret, new Date(ctx.now())),
  }
}

/** A user of the same app, or null when the caller has this version already. Throws NotFound. */
export async function getUserNewerThan(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  cursor: Stamp | undefined,
): Promise<UserObject | null> {
  const user = await getUser(ctx, viewer.appId, userId)
  if (cursor !== undefined && Number(user.v) <= cursor) return null
  if (viewer.isAdmin || viewer.userId === userId) return presentUser(user)
  const contact = await findContact(ctx.db, viewer.userId, userId)
  return presentToOthers(user, { isAccountKnown: contact !== undefined && !contact.is_deleted })
}

/** Throws NotFound, also for users of other apps. */
export async function getUser(ctx: Pick<Context, 'db'>, appId: string, userId: string): Promise<UserRow> {
  const user = await findUser(ctx.db, appId, userId)
  if (!user) throw new AppError('NotFound', 'there is no such user')
  return user
}

/** For users of today: a deleted one is not found either. */
export async function getLiveUser(ctx: Pick<Context, 'db'>, appId: string, userId: string): Promise<UserRow> {
  const user = await getUser(ctx, appId, userId)
  if (user.is_deleted) throw new AppError('NotFound', 'there is no such user')
  return user
}

/** What is below /users/:userId: the user's own, and the administrators' of the app. Throws NotAllowed, NotFound. */
export async function requireOwner(ctx: Pick<Context, 'db'>, viewer: Viewer, userId: string): Promise<void> {
  requireSelf(viewer, userId)
  if (viewer.isAdmin) await getUser(ctx, viewer.appId, userId)
}
