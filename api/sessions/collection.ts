import { sql } from 'kysely'
import type { SessionType } from '../../shared/wire/session-types.js'
import type { SessionEntryObject } from '../../shared/wire/sessions.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'
import { presentSession } from './present.js'

interface Row extends SyncedRow {
  type: SessionType
  name: string
  name_changed: boolean | null
  secure_type: string
  description: string
  avatar_url: string
  is_deleted: boolean
  created_at: string
}

const present = (row: Row): SessionEntryObject => ({ ...presentSession(row), isDelete: row.is_deleted })

/**
 * The sessions a user is in. One that he was removed from stays as a tombstone, frozen as it was then: of what
 * became of it he reads nothing (I5).
 */
export const ownSessions: Collection<{ userId: string; sessionId?: string }, Row, SessionEntryObject> = {
  name: 'sessions',
  filterColumns: ['name', 'type'],
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, { userId, sessionId }) =>
    db
      .selectFrom('conversation as c')
      .$if(sessionId !== undefined, (query) => query.where('c.session_id', '=', sessionId as string))
      .innerJoin('session as s', 's.id', 'c.session_id')
      .innerJoin('session_member as m', 'm.id', 'c.id')
      .where('c.user_id', '=', userId)
      .select(['s.id', 's.type', 's.created_at'])
      .select([
        sql<string>`case when m.is_deleted then m.v else s.v end`.as('v'),
        sql<string>`case when m.is_deleted then coalesce(c.left_name, '') else s.name end`.as('name'),
        sql<string>`case when m.is_deleted then coalesce(c.left_avatar_url, '') else s.avatar_url end`.as(
          'avatar_url',
        ),
        sql<boolean | null>`case when not m.is_deleted then s.name_changed end`.as('name_changed'),
        sql<string>`case when m.is_deleted then 'private' else s.secure_type end`.as('secure_type'),
        sql<string>`case when m.is_deleted then '' else s.description end`.as('description'),
        sql<boolean>`m.is_deleted or s.is_deleted`.as('is_deleted'),
      ]),
  present,
}

/** All of an app, for its administrator. */
export const appSessions: Collection<{ appId: string }, Row, SessionEntryObject> = {
  name: 'sessions',
  filterColumns: ['name', 'type'],
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, { appId }) =>
    db
      .selectFrom('session')
      .where('app_id', '=', appId)
      .select([
        'id',
        'type',
        'name',
        'name_changed',
        'secure_type',
        'description',
        'avatar_url',
        'is_deleted',
        'created_at',
        'v',
      ]),
  present,
}
