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
import type { AppUserTable } from '../database/tables/app-user.js'
import { isUniqueViolation } from '../database/unique-violation.js'
import { requireSelf, type Viewer } from '../http/viewer.js'
import { write } from '../sync/write.js'
import { hashPassword, isPassword } from './passwords.js'
import { pinyinOf } from './pinyin.js'
import { presentUser } from './present.js'
import { changeUser, insertUser, replacePasswordHash, type UserRow } from './store.js'
import { getLiveUser, getUser } from './users.js'

/** Throws WrongCredentials, and Conflict when the password was changed at the same time. */
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
  const after = await hashPassword(body.password)
  if (!(await replacePasswordHash(ctx.db, viewer.userId, before, after))) {
    throw new AppError('Conflict', 'the password has just been changed')
  }
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
  const row = await withUniqueEmail(() =>
    write(ctx, viewer.appId, async (trx, stamp) => {
      const user = await getLiveUser({ db: trx }, viewer.appId, userId)
      const change = differenceTo(user, wanted)
      if (Object.keys(change).length === 0) return user
      await announce(trx, stamp, [ownCollectionChanged(userId, SyncType.user), profileChanged(userId)])
      return changeUser(trx, stamp, userId, change)
    }),
  )
  ctx.accounts.forget(viewer.appId, userId)
  return presentUser(row)
}

/** By an administrator. The account can no longer log in, and its tokens are refused. Throws NotFound. */
export async function deleteUser(ctx: Context, viewer: Viewer, userId: string): Promise<void> {
  requireAdmin(viewer)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const user = await getUser({ db: trx }, viewer.appId, userId)
    if (user.is_deleted) return
    await changeUser(trx, stamp, userId, { is_deleted: true })
    await announce(trx, stamp, [ownCollectionChanged(userId, SyncType.user), profileChanged(userId)])
  })
  ctx.accounts.forget(viewer.appId, userId)
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

async function withUniqueEmail(store: () => Promise<UserRow>): Promise<UserRow> {
  try {
    return await store()
  } catch (error) {
    throw isUniqueViolation(error) ? new AppError('AlreadyExists', '该账号已被注册') : error
  }
}
