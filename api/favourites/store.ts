import type { Selectable, Updateable } from 'kysely'
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
