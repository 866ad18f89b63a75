import { type Selectable, sql, type Updateable } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { FavouriteTable } from '../database/tables/favourite.js'

export type FavouriteRow = Selectable<FavouriteTable>

export function findFavourite(db: Db, ownerId: string, sessionId: string): Promise<FavouriteRow | undefined> {
  return db
    .selectFrom('favourite')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
}

export function findFavouriteById(db: Db, ownerId: string, id: string): Promise<FavouriteRow | undefined> {
  return db
    .selectFrom('favourite')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/**
 * What a group is called and looks like, to a user who is in it, or as it was when he was removed: were it compared
 * with today's name, he could guess that. Undefined for strangers and when it is gone.
 */
export function findGroupAsSeen(
  db: Db,
  userId: string,
  sessionId: string,
): Promise<{ name: string; avatarUrl: string } | undefined> {
  return db
    .selectFrom('conversation as c')
    .innerJoin('session as s', 's.id', 'c.session_id')
    .select([
      sql<string>`coalesce(c.left_name, s.name)`.as('name'),
      sql<string>`coalesce(c.left_avatar_url, s.avatar_url)`.as('avatarUrl'),
    ])
    .where('c.user_id', '=', userId)
    .where('c.session_id', '=', sessionId)
    .where((eb) => eb.or([eb('s.is_deleted', '=', false), eb('c.left_count', 'is not', null)]))
    .executeTakeFirst()
}

export function insertFavourite(
  trx: Trx,
  stamp: Stamp,
  ownerId: string,
  sessionId: string,
): Promise<FavouriteRow> {
  return trx
    .insertInto('favourite')
    .values({ owner_id: ownerId, session_id: sessionId, created_at: String(stamp), v: String(stamp) })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export function changeFavourite(
  trx: Trx,
  stamp: Stamp,
  id: string,
  change: Updateable<FavouriteTable>,
): Promise<FavouriteRow> {
  return trx
    .updateTable('favourite')
    .set({ ...change, v: String(stamp) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
