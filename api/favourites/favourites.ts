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
import type { Db } from '../database/database.js'
import type { Viewer } from '../http/viewer.js'
import { findMember } from '../members/store.js'
import { findSession } from '../sessions/store.js'
import { findEntry, list, type PageRequest } from '../sync/collection.js'
import { write } from '../sync/write.js'
import { requireOwner } from '../users/users.js'
import { userSessions } from './collection.js'
import {
  changeFavourite,
  findFavourite,
  findFavouriteById,
  findGroupAsSeen,
  insertFavourite,
} from './store.js'

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

  const before = await findFavourite(ctx.db, ownerId, sessionId)
  if (before && !before.is_deleted) return presentFavourite(ctx, ownerId, before.id)
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

/** Throws NotFound, also for deleted ones and when the group is gone. */
export async function updateFavourite(
  ctx: Context,
  viewer: Viewer,
  ownerId: string,
  favouriteId: string,
  body: UpdateUserSessionBody,
): Promise<UserSessionObject> {
  await requireOwner(ctx, viewer, ownerId)
  const look = async (db: Db) => {
    const favourite = await findFavouriteById(db, ownerId, favouriteId)
    const group = favourite && (await findGroupAsSeen(db, ownerId, favourite.session_id))
    if (!favourite || favourite.is_deleted || !group) throw notFound()
    const name = own(body.name, group.name, favourite.name)
    const avatarUrl = own(body.avatarUrl, group.avatarUrl, favourite.avatar_url)
    const isNew = name !== favourite.name || avatarUrl !== favourite.avatar_url
    return isNew ? { name, avatar_url: avatarUrl } : undefined
  }
  if (!(await look(ctx.db))) return presentFavourite(ctx, ownerId, favouriteId)
  await write(ctx, viewer.appId, async (trx, stamp) => {
    const change = await look(trx)
    if (!change) return
    await changeFavourite(trx, stamp, favouriteId, change)
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
  const isThere = async (db: Db) => {
    const favourite = await findFavouriteById(db, ownerId, favouriteId)
    if (!favourite) throw notFound()
    return !favourite.is_deleted
  }
  if (!(await isThere(ctx.db))) return
  await write(ctx, viewer.appId, async (trx, stamp) => {
    if (!(await isThere(trx))) return
    await changeFavourite(trx, stamp, favouriteId, { is_deleted: true, name: null, avatar_url: null })
    await announce(trx, stamp, [ownCollectionChanged(ownerId, SyncType.userSessions)])
  })
}

/** What the owner sent, where it says something of its own; null: as the group has it, for all that he sees of it. */
function own(sent: string | undefined, ofGroup: string, before: string | null): string | null {
  if (sent === undefined) return before
  return sent === '' || sent === ofGroup ? null : sent
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
