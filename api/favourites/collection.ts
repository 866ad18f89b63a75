import { sql } from 'kysely'
import type { UserSessionObject } from '../../shared/wire/favourites.js'
import { toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'

interface Row extends SyncedRow {
  session_id: string
  name: string
  avatar_url: string
  is_deleted: boolean
  created_at: string
}

interface FavouriteScope {
  ownerId: string
  /** Only this one. */
  favouriteId?: string
}

/**
 * A user's favourite groups. Name and avatar are the group's, read through, unless the owner gave others; for
 * somebody who was removed they are frozen as they were then, like the conversation. A group that is gone is
 * nobody's favourite.
 */
export const userSessions: Collection<FavouriteScope, Row, UserSessionObject> = {
  name: 'userSessions',
  filterColumns: ['name', 'session_id'],
  // Old clients never ask for a second page. (yun2win.md §3 #17)
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, { ownerId, favouriteId }) =>
    db
      .selectFrom('favourite as f')
      .innerJoin('session as s', 's.id', 'f.session_id')
      .innerJoin('conversation as c', (join) =>
        join.onRef('c.user_id', '=', 'f.owner_id').onRef('c.session_id', '=', 'f.session_id'),
      )
      .where('f.owner_id', '=', ownerId)
      .$if(favouriteId !== undefined, (favourites) => favourites.where('f.id', '=', favouriteId as string))
      .select(['f.id', 'f.session_id', 'f.created_at'])
      .select([
        sql<string>`coalesce(f.name, c.left_name, s.name)`.as('name'),
        sql<string>`coalesce(f.avatar_url, c.left_avatar_url, s.avatar_url)`.as('avatar_url'),
        sql<boolean>`f.is_deleted or (s.is_deleted and c.left_count is null)`.as('is_deleted'),
        sql<string>`greatest(f.v, case when c.left_count is null then s.v else c.v end)`.as('v'),
      ]),
  present: (row) => ({
    id: row.id,
    sessionId: row.session_id,
    name: row.name,
    avatarUrl: row.avatar_url,
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }),
}
