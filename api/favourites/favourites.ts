import { AppError } from '../../shared/server/app-error.js'
import type {
  AddUserSessionBody,
  UpdateUserSessionBody,
  UserSessionObject,
} from '../../shared/wire/favourites.js'
import type { ListObject } from '../../shared/wire/objects.js'
import { SyncType } from '../../shared/wire/sync-types.js'
import type { Stamp } from '../../shared/wire/time.js'
import { announce, ownCollectionChanged } from '../announce/announce.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { findMember } from '../members/store.js'
import { findSession } from '../sessions/store.js'
import { findEntry, list, type PageRequest } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { requireOwner } from '../users/users.js'
import { userSessions } from './collection.js'
import { changeFavourite, findFavourite, findFavouriteById, insertFavourite } from './store.js'

/** Throws NotAllowed, and NotFound for an administrator of another app; so do all of these. */
export async function listFavourites(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  request: PageRequest,
): Promise<ListObject<UserSessionObject>> {
  await requireOwner(ctx, viewer, ownerId)
  return list(ctx.db, userSessions, { ownerId }, request)
}

/** Null when it is not newer than the caller's. Throws NotFound. */
export async function getFavouriteNewerThan(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  favouriteId: string,
  cursor: Stamp | undefined,
): Promise<UserSessionObject | null> {
  await requireOwner(ctx, viewer, ownerId)
  const favourite = await findEntry(ctx.db, userSessions, { ownerId, favouriteId })
  if (!favourite) throw notFound()
  return cursor !== undefined && Date.parse(favourite.updatedAt) <= cursor ? null : favourite
}

/**
 * One favourite per group, under one id for life: clients delete it by the id that they saw first. For groups
 * that the owner is or was in. Throws NotFound, NotAllowed.
 */
export async function addFavourite(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  { sessionId }: AddUserSessionBody,
): Promise<UserSessionObject> {
  await requireOwner(ctx, viewer, ownerId)
  const session = await findSession(ctx.db, viewer.appId, sessionId)
  if (!session) throw new AppError('NotFound', 'there is no such session')
  if (!(await findMember(ctx.db, sessionId, ownerId))) {
    throw new AppError('NotAllowed', 'you are not a member of this session')
  }
  if (session.type !== 'group') throw new AppError('InvalidParameter', 'sessionId: must be a group')

  const favouriteId = await write(ctx, viewer.appId, async (trx, stamp) => {
    const known = await findFavourite(trx, ownerId, sessionId)
    if (known && !known.is_deleted) return known.id
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.userSessions)])
    const kept = known
      ? await changeFavourite(trx, stamp, known.id, { is_deleted: false })
      : await insertFavourite(trx, stamp, ownerId, sessionId)
    return kept.id
  })
  return presentFavourite(ctx, ownerId, favouriteId)
}

/** Throws NotFound, also for deleted ones. */
export async function updateFavourite(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  favouriteId: string,
  body: UpdateUserSessionBody,
): Promise<UserSessionObject> {
  await requireOwner(ctx, viewer, ownerId)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const favourite = await findFavouriteById(trx, ownerId, favouriteId)
    if (!favourite || favourite.is_deleted) throw notFound()
    const session = await findSession(trx, viewer.appId, favourite.session_id)
    const name = own(body.name, session?.name, favourite.name)
    const avatarUrl = own(body.avatarUrl, session?.avatar_url, favourite.avatar_url)
    if (name === favourite.name && avatarUrl === favourite.avatar_url) return
    await changeFavourite(trx, stamp, favouriteId, { name, avatar_url: avatarUrl })
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.userSessions)])
  })
  return presentFavourite(ctx, ownerId, favouriteId)
}

/** Throws NotFound. */
export async function deleteFavourite(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  favouriteId: string,
): Promise<void> {
  await requireOwner(ctx, viewer, ownerId)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const favourite = await findFavouriteById(trx, ownerId, favouriteId)
    if (!favourite) throw notFound()
    if (favourite.is_deleted) return
    await changeFavourite(trx, stamp, favouriteId, { is_deleted: true, name: null, avatar_url: null })
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.userSessions)])
  })
}

/** What the owner sent, where it says something of its own; null: as the session has it. */
function own(sent: string | undefined, ofSession: string | undefined, before: string | null): string | null {
  if (sent === undefined) return before
  return sent === '' || sent === ofSession ? null : sent
}

async function presentFavourite(
  ctx: Context,
  ownerId: string,
  favouriteId: string,
): Promise<UserSessionObject> {
  const favourite = await findEntry(ctx.db, userSessions, { ownerId, favouriteId })
  if (!favourite) throw new Error(`favourite ${favouriteId} is gone`)
  return favourite
}

const notFound = () => new AppError('NotFound', 'there is no such favourite')
