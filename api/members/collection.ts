import { sql } from 'kysely'
import type { MemberObject, MemberRole } from '../../shared/wire/objects.js'
import { type Stamp, toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'
import type { UserRow } from '../users/store.js'
import type { MemberRow } from './store.js'

interface Row extends SyncedRow {
  user_id: string
  name: string
  role: MemberRole
  status: string
  avatar_url: string
  /** null: somebody who has no account yet. */
  pinyin: string[] | null
  is_deleted: boolean
  created_at: string
  invite_count: number
}

interface MemberScope {
  sessionId: string
  /** Only this one. */
  memberId?: string | undefined
  /** As it was at this stamp, for somebody who was removed then. */
  asOf?: string | undefined
  /**
   * Only what has changed since. Says where to look and changes no row above that cursor: the engine asks for those
   * alone. Absent: everybody.
   */
  since?: Stamp | undefined
}

/** Of a member as it is now, and as it was: `session_member_past` has the same columns. */
interface Version extends Pick<MemberRow, (typeof VERSION)[number]> {}
const VERSION = [
  'id',
  'user_id',
  'email',
  'invite_count',
  'role',
  'status',
  'is_deleted',
  'created_at',
  'v',
] as const

/**
 * A session's members, tombstones included. Names and avatars are the users' own, read through, so a member
 * has changed when the user has: one stamp on the user instead of one per membership.
 *
 * Somebody who was removed is given the list as of the stamp of the removal: each row, and each name, in the
 * version that was current then. That is exact (I1), and nothing of what came later shows (I5):
 * - It never changes again, so what he holds after the delta up to his own tombstone is what he would be given anew.
 * - No stamp in it is above the removal's, his own row's included: renaming himself must not carry his cursor past
 *   what others did meanwhile. If he is added again, all that is newer than the removal is newer than his cursor.
 * - Stamps order commits, so `v <= asOf` is what had been committed by then, all of it and nothing else.
 */
export const members: Collection<MemberScope, Row, MemberObject> = {
  name: 'members',
  // Old clients never ask for a second page, and compute the mts from what they have. (yun2win.md §3 #17)
  defaultLimit: MAX_LIMIT,
  // To find that nothing is newer takes every version.
  lastStamp: ({ asOf }) => (asOf === undefined ? undefined : Number(asOf)),
  rows: (db: Db, { sessionId, memberId, asOf, since = 0 }) =>
    db
      .selectFrom(
        (asOf !== undefined
          ? membersAsOf(sessionId, asOf)
          : since > 0
            ? membersChanged(sessionId, since)
            : membersNow(sessionId)
        ).as('m'),
      )
      // Who was invited by e-mail has no account yet.
      .leftJoinLateral((asOf === undefined ? userNow() : userAsOf(asOf)).as('u'), (join) => join.onTrue())
      .$if(memberId !== undefined, (members) => members.where('m.id', '=', memberId as string))
      .select([
        'm.id',
        'm.role',
        'm.status',
        'm.is_deleted',
        'm.created_at',
        'm.invite_count',
        'u.pinyin',
        sql<string>`coalesce(m.user_id::text, m.email)`.as('user_id'),
        sql<string>`coalesce(u.name, m.email)`.as('name'),
        sql<string>`coalesce(u.avatar_url, '')`.as('avatar_url'),
      ])
      .select(sql<string>`greatest(m.v, u.v)`.as('v')),
  present: (row) => ({
    id: row.id,
    userId: row.user_id,
    name: row.name,
    role: row.role,
    status: row.status,
    avatarUrl: row.avatar_url,
    ...(row.pinyin && { pinyin: row.pinyin }),
    ...(row.role === 'email' && { time: String(row.invite_count) }),
    isDelete: row.is_deleted,
    createdAt: toIso(Number(row.created_at)),
    updatedAt: toIso(Number(row.v)),
  }),
}

const versionColumns = sql.join(VERSION.map((column) => sql.ref(column)))

function membersNow(sessionId: string) {
  return sql<Version>`(select ${versionColumns} from session_member where session_id = ${sessionId})`
}

/** Those who have changed themselves, and those of the others whose user has: few, whatever the size of the group. */
function membersChanged(sessionId: string, since: Stamp) {
  return sql<Version>`(
    select ${versionColumns} from session_member where session_id = ${sessionId} and v > ${since}
    union all
    select ${sql.join(VERSION.map((column) => sql.ref(`other.${column}`)))}
    from session s
    join app_user changed on changed.app_id = s.app_id and changed.v > ${since}
    join session_member other on other.session_id = s.id and other.user_id = changed.id and other.v <= ${since}
    where s.id = ${sessionId}
  )`
}

function membersAsOf(sessionId: string, asOf: string) {
  return sql<Version>`(
    select distinct on (id) * from (
      select ${versionColumns} from session_member where session_id = ${sessionId} and v <= ${asOf}
      union all
      select ${versionColumns} from session_member_past where session_id = ${sessionId} and v <= ${asOf}
    ) version
    order by id, v desc
  )`
}

type UserVersion = Pick<UserRow, 'name' | 'pinyin' | 'avatar_url' | 'v'>

function userNow() {
  return sql<UserVersion>`(select name, pinyin, avatar_url, v from app_user where id = m.user_id)`
}

function userAsOf(asOf: string) {
  return sql<UserVersion>`(
    select name, pinyin, avatar_url, v from app_user where id = m.user_id and v <= ${asOf}
    union all
    select name, pinyin, avatar_url, v from app_user_past where id = m.user_id and v <= ${asOf}
    order by v desc limit 1
  )`
}
