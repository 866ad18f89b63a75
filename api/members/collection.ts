import { sql } from 'kysely'
import type { MemberObject, MemberRole } from '../../shared/wire/objects.js'
import { toIso } from '../../shared/wire/time.js'
import type { Db } from '../database/database.js'
import { type Collection, MAX_LIMIT, type SyncedRow } from '../sync/collection.js'

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
  /** Only rows that have not changed since somebody was removed, and his own. */
  removed?: { userId: string; at: string } | undefined
}

/**
 * A session's members, tombstones included. Names and avatars are the users' own, read through, so a member
 * has changed when the user has: one stamp on the user instead of one per membership.
 */
export const members: Collection<MemberScope, Row, MemberObject> = {
  name: 'members',
  // Old clients never ask for a second page, and compute the mts from what they have. (yun2win.md §3 #17)
  defaultLimit: MAX_LIMIT,
  rows: (db: Db, { sessionId, memberId, removed }) =>
    db
      .selectFrom('session_member as m')
      // Who was invited by e-mail has no account yet.
      .leftJoin('app_user as u', 'u.id', 'm.user_id')
      .where('m.session_id', '=', sessionId)
      .$if(removed !== undefined, (members) =>
        members.where(sql<boolean>`(greatest(m.v, u.v) <= ${removed?.at} or m.user_id = ${removed?.userId})`),
      )
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
