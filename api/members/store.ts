import { type Selectable, sql } from 'kysely'
import type { Membership } from '../../shared/server/membership.js'
import type { MemberRole } from '../../shared/wire/objects.js'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { SessionMemberTable } from '../database/tables/session-member.js'

export type MemberRow = Selectable<SessionMemberTable>

/** The row of a member who has an account, and not only an invitation by e-mail. */
export type UserMemberRow = MemberRow & { user_id: string }

export function findMember(db: Db, sessionId: string, userId: string): Promise<UserMemberRow | undefined> {
  return db
    .selectFrom('session_member')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('user_id', '=', userId)
    .$narrowType<{ user_id: string }>()
    .executeTakeFirst()
}

export function findMemberById(db: Db, sessionId: string, memberId: string): Promise<MemberRow | undefined> {
  return db
    .selectFrom('session_member')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('id', '=', memberId)
    .executeTakeFirst()
}

/** The oldest members that are in the session now, at most `limit`, with their names. */
export function findOldestLiveMembers(db: Db, sessionId: string, limit: number): Promise<{ name: string }[]> {
  return (
    db
      .selectFrom('session_member as m')
      .innerJoin('app_user as u', 'u.id', 'm.user_id')
      .select('u.name')
      .where('m.session_id', '=', sessionId)
      .where('m.is_deleted', '=', false)
      .where('m.status', '=', 'active')
      // Deleted users are members until the groups have been told. (departures.ts)
      .where('u.is_deleted', '=', false)
      .orderBy('m.id')
      .limit(limit)
      .execute()
  )
}

/**
 * Whom mastership goes to: an administrator of the group if there is one, else the oldest member. Somebody
 * whose account is deactivated only when nobody else is left.
 */
export async function findSuccessor(db: Db, sessionId: string): Promise<MemberRow | undefined> {
  const live = db
    .selectFrom('session_member as m')
    .innerJoin('app_user as u', 'u.id', 'm.user_id')
    .selectAll('m')
    .where('m.session_id', '=', sessionId)
    .where('m.is_deleted', '=', false)
    .where('m.status', '=', 'active')
    .where('u.is_deleted', '=', false)
    .orderBy('m.id')
    .limit(1)
  const admins = live.where('m.role', '=', 'admin')
  // One after the other, so that each is found by an index, whatever the size of the group.
  return (
    (await admins.where('u.status', '=', 'active').executeTakeFirst()) ??
    (await live.where('u.status', '=', 'active').executeTakeFirst()) ??
    (await admins.executeTakeFirst()) ??
    (await live.executeTakeFirst())
  )
}

/** Who runs the group now; undefined when nobody does, or only a deleted user who has not been taken out yet. */
export function findMaster(db: Db, sessionId: string): Promise<MemberRow | undefined> {
  return db
    .selectFrom('session_member as m')
    .innerJoin('app_user as u', 'u.id', 'm.user_id')
    .selectAll('m')
    .where('m.session_id', '=', sessionId)
    .where('m.role', '=', 'master')
    .where('m.is_deleted', '=', false)
    .where('m.status', '=', 'active')
    .where('u.is_deleted', '=', false)
    .executeTakeFirst()
}

/** Whoever is master becomes an administrator, a deleted user who has not been taken out yet too. */
export async function demoteMaster(trx: Trx, stamp: Stamp, sessionId: string): Promise<void> {
  await trx
    .updateTable('session_member')
    .set({ role: 'admin', v: String(stamp) })
    .where('session_id', '=', sessionId)
    .where('role', '=', 'master')
    .where('is_deleted', '=', false)
    .execute()
}

/** What an app's own row says of the size of its groups; null: nothing. */
export async function findGroupSizeLimit(db: Db, appId: string): Promise<number | null> {
  const app = await db
    .selectFrom('app')
    .select('group_size_limit')
    .where('id', '=', appId)
    .executeTakeFirstOrThrow()
  return app.group_size_limit
}

/** How many are in the session now; counting stops at `upTo`. */
export async function countLiveMembers(db: Db, sessionId: string, upTo: number): Promise<number> {
  const { count } = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('session_member')
        .select('id')
        .where('session_id', '=', sessionId)
        .where('is_deleted', '=', false)
        .where('status', '=', 'active')
        .orderBy('id')
        .limit(upTo)
        .as('live'),
    )
    .select(sql<string>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function hasMembers(db: Db, sessionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('session_member')
    .select('id')
    .where('session_id', '=', sessionId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export interface NewMember {
  sessionId: string
  userId: string
  role: MemberRole
  /** `session_head.message_count` now: what came before counts as read. */
  messageCount: number
  peerId: string | null
}

/** A first membership, with the member's conversation under the same id. */
export async function insertMember(trx: Trx, stamp: Stamp, member: NewMember): Promise<MemberRow> {
  const v = String(stamp)
  const row = await trx
    .insertInto('session_member')
    .values({
      session_id: member.sessionId,
      user_id: member.userId,
      role: member.role,
      joined_v: v,
      created_at: v,
      v,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await insertConversation(trx, stamp, row.id, member)
  return row
}

/** A member's own side of the session, from its next message on. Shares the id of the member row. */
export async function insertConversation(
  trx: Trx,
  stamp: Stamp,
  memberId: string,
  member: Omit<NewMember, 'role'>,
): Promise<void> {
  const v = String(stamp)
  await trx
    .insertInto('conversation')
    .values({
      id: memberId,
      user_id: member.userId,
      session_id: member.sessionId,
      peer_id: member.peerId,
      read_count: String(member.messageCount),
      joined_count: String(member.messageCount),
      left_count: null,
      left_message_id: null,
      left_name: null,
      left_avatar_url: null,
      deleted_count: null,
      name: null,
      created_at: v,
      v,
    })
    .execute()
}

/** A removed member comes back, under the ids of before. */
export async function reviveMember(
  trx: Trx,
  stamp: Stamp,
  member: UserMemberRow,
  role: MemberRole,
  messageCount: number,
): Promise<MemberRow> {
  const v = String(stamp)
  await trx
    .updateTable('conversation')
    .set({
      read_count: String(messageCount),
      joined_count: String(messageCount),
      left_count: null,
      left_message_id: null,
      left_name: null,
      left_avatar_url: null,
      deleted_count: null,
      v,
    })
    .where('user_id', '=', member.user_id)
    .where('session_id', '=', member.session_id)
    .execute()
  await trx
    .insertInto('absence')
    .values({
      user_id: member.user_id,
      session_id: member.session_id,
      left_v: member.created_at,
      back_v: v,
    })
    .execute()
  return updateMembership(trx, stamp, member.id, { role, is_deleted: false })
}

/** The member goes; the conversation freezes as it is at this moment, so call it before anything else changes. */
export async function tombstoneMember(trx: Trx, stamp: Stamp, member: UserMemberRow): Promise<MemberRow> {
  await trx
    .updateTable('conversation as c')
    .from(['session_head as h', 'session as s'])
    .set((eb) => ({
      left_count: eb.ref('h.message_count'),
      left_message_id: eb.ref('h.last_message_id'),
      left_name: eb.ref('s.name'),
      left_avatar_url: eb.ref('s.avatar_url'),
      v: String(stamp),
    }))
    .whereRef('h.session_id', '=', 'c.session_id')
    .whereRef('s.id', '=', 'c.session_id')
    .where('c.user_id', '=', member.user_id)
    .where('c.session_id', '=', member.session_id)
    .execute()
  return updateMembership(trx, stamp, member.id, { is_deleted: true })
}

/** A change that moves the session's mts: `created_at` is the last membership change. (yun2win.md §1.10) */
export function updateMembership(
  trx: Trx,
  stamp: Stamp,
  memberId: string,
  change: { role?: MemberRole; is_deleted?: boolean },
): Promise<MemberRow> {
  return trx
    .updateTable('session_member')
    .set({ ...change, created_at: String(stamp), v: String(stamp) })
    .where('id', '=', memberId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Another role for the same membership: no membership change, so the mts stays. (yun2win.md §1.10) */
export function updateRole(trx: Trx, stamp: Stamp, memberId: string, role: MemberRole): Promise<MemberRow> {
  return trx
    .updateTable('session_member')
    .set({ role, v: String(stamp) })
    .where('id', '=', memberId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What push needs to know of a session, in one snapshot: of a deleted one whom to tell. */
export async function findMembership(db: Db, sessionId: string): Promise<Membership | undefined> {
  const row = await db
    .selectFrom('session as s')
    .select(['s.id', 's.app_id', 's.type', 's.mts', 's.is_deleted'])
    .select((eb) =>
      eb
        .selectFrom('session_member as m')
        .select(sql<string[] | null>`array_agg(m.user_id::text)`.as('ids'))
        // By value, so that the planner knows how large this very session is.
        .where('m.session_id', '=', sessionId)
        .where('m.is_deleted', '=', false)
        .where('m.status', '=', 'active')
        .where('m.user_id', 'is not', null)
        // Of all users the deleted ones are few: looking each member up took most of the time.
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('app_user as u')
                .select('u.id')
                .whereRef('u.id', '=', 'm.user_id')
                .where(sql<boolean>`u.is_deleted`),
            ),
          ),
        )
        .as('member_ids'),
    )
    .where('s.id', '=', sessionId)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    sessionId: row.id,
    appId: row.app_id,
    type: row.type,
    mts: Number(row.mts),
    memberIds: new Set(row.member_ids ?? []),
    ...(row.is_deleted && { isDeleted: true }),
  }
}
