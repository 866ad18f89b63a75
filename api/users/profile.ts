import type { Updateable } from 'kysely'
import { AppError } from '../../shared/server/app-error.js'
import type { UserObject } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import type {
  CreateUserBody,
  SetPasswordBody,
  SuccessObject,
  UpdateUserBody,
} from '../../shared/wire/users.js'
import { announce, ownCollectionChanged, profileChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Db } from '../database/database.js'
import type { AppUserTable } from '../database/tables/app-user.js'
import { isUniqueViolation } from '../database/unique-violation.js'
import { requireSelf, type Viewer } from '../http/viewer.js'
import { endLoginsOf, lockOut } from '../logins/logins.js'
import { queueDeparture } from '../members/departure-store.js'
import { write } from '../sync/write.js'
import { hashPassword, isPassword } from './passwords.js'
import { pinyinOf } from './pinyin.js'
import { presentUser } from './present.js'
import { changeUser, findUserByEmail, insertUser, replacePasswordHash, type UserRow } from './store.js'
import { getLiveUser, getUser } from './users.js'

/**
 * The other logins of the user end: whoever knew the old password is out. Throws WrongCredentials, and Conflict
 * when the password was changed at the same time.
 */
export async function setPassword(
  ctx: Context,
  viewer: Viewer,
  body: SetPasswordBody,
): Promise<SuccessObject> {
  if (viewer.isAdmin) throw new AppError('NotAllowed', 'a password is changed by its user')
  const { password_hash: before } = await getUser(ctx, viewer.appId, viewer.userId)
  if (before === null || !(await isPassword(body.oldPassword, before))) {
    throw new AppError('WrongCredentials', '原密码不正确')
  }
  const after = await hashPassword(body.password, ctx.config.passwordCost)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    if (!(await replacePasswordHash(trx, viewer.userId, before, after))) {
      throw new AppError('Conflict', 'the password has just been changed')
    }
    await endLoginsOf(ctx, trx, stamp, viewer.userId, viewer.login ? { except: viewer.login } : 'all')
  })
  await lockOut(ctx, viewer.appId, viewer.userId)
  return { success: true }
}

/** By an administrator: an account that nobody can log in to. Throws AlreadyExists. */
export async function createUser(ctx: Context, viewer: Viewer, body: CreateUserBody): Promise<UserObject> {
  requireAdmin(viewer)
  const row = await withUniqueEmail(() =>
    write(ctx, viewer.appId, (trx, stamp) =>
      insertUser(trx, {
        ...columnsOf(body),
        app_id: viewer.appId,
        email: body.email,
        name: body.name,
        password_hash: null,
        created_at: String(stamp),
        v: String(stamp),
      }),
    ),
  )
  return presentUser(row)
}

/**
 * One row and one stamp, however many have this user in their lists: those read the name through. Role and
 * status are the administrators'; from others they are taken for what old clients send along. Throws
 * NotFound, NotAllowed, AlreadyExists.
 */
export async function updateUser(
  ctx: Context,
  viewer: Viewer,
  userId: string,
  { role, status, ...body }: UpdateUserBody,
): Promise<UserObject> {
  requireSelf(viewer, userId)
  const wanted = columnsOf(viewer.isAdmin ? { ...body, role, status } : body)
  const look = async (db: Db) => {
    const user = await getLiveUser({ db }, viewer.appId, userId)
    const change = differenceTo(user, wanted)
    if (change.email !== undefined && (await findUserByEmail(db, viewer.appId, change.email))) throw taken()
    return { user, change: Object.keys(change).length > 0 ? change : undefined }
  }
  const before = await look(ctx.db)
  if (!before.change) return presentUser(before.user)
  const row = await withUniqueEmail(() =>
    write(ctx, viewer.appId, async (trx, stamp) => {
      const { user, change } = await look(trx)
      if (!change) return user
      await announce(trx, stamp, [ownCollectionChanged(userId, SyncType.user), profileChanged(userId)])
      const row = await changeUser(trx, stamp, userId, change)
      if (change.status === 'inactive') await endLoginsOf(ctx, trx, stamp, userId, 'all')
      return row
    }),
  )
  if (row.status === 'active') ctx.accounts.forget(viewer.appId, userId)
  else await lockOut(ctx, viewer.appId, userId)
  return presentUser(row)
}

/**
 * By an administrator. The account can no longer log in, and its tokens are refused, at once; the user's groups
 * are left one after the other from then on (members/departures.ts). Throws NotFound.
 */
export async function deleteUser(ctx: Context, viewer: Viewer, userId: string): Promise<void> {
  requireAdmin(viewer)
  if ((await getUser(ctx, viewer.appId, userId)).is_deleted) return
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const user = await getUser({ db: trx }, viewer.appId, userId)
    if (user.is_deleted) return
    await changeUser(trx, stamp, userId, { is_deleted: true })
    await endLoginsOf(ctx, trx, stamp, userId, 'all')
    await queueDeparture(trx, viewer.appId, userId)
    await announce(trx, stamp, [ownCollectionChanged(userId, SyncType.user), profileChanged(userId)])
  })
  await lockOut(ctx, viewer.appId, userId)
  ctx.wakeDepartures()
}

export function requireAdmin(viewer: Viewer): void {
  if (!viewer.isAdmin) throw new AppError('NotAllowed', 'only an administrator of the app can do this')
}

type Columns = Updateable<AppUserTable>

/** What of a body is to be stored. A user always has a name: a blank one stays as it is. */
function columnsOf(body: UpdateUserBody): Columns {
  const columns = {
    email: body.email,
    ...(body.name && { name: body.name, pinyin: pinyinOf(body.name) }),
    role: body.role,
    status: body.status,
    job_title: body.jobTitle,
    phone: body.phone,
    address: body.address,
    avatar_url: body.avatarUrl,
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

function differenceTo(row: UserRow, wanted: Columns): Columns {
  const isNew = ([column, value]: [string, unknown]) =>
    JSON.stringify(row[column as keyof UserRow]) !== JSON.stringify(value)
  return Object.fromEntries(Object.entries(wanted).filter(isNew))
}

const taken = () => new AppError('AlreadyExists', '该账号已被注册')

async function withUniqueEmail(store: () => Promise<UserRow>): Promise<UserRow> {
  try {
    return await store()
  } catch (error) {
    throw isUniqueViolation(error) ? taken() : error
  }
}
