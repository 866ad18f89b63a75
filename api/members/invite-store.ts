import { type Selectable, sql } from 'kysely'
import type { Stamp } from '../../shared/wire/time.js'
import type { Db, Trx } from '../database/database.js'
import type { InviteTable } from '../database/tables/invite.js'
import type { MemberRow } from './store.js'

export type InviteRow = Selectable<InviteTable>

/** The member row of an address that was invited into the session, tombstones too. */
export function findInvited(db: Db, sessionId: string, email: string): Promise<MemberRow | undefined> {
  return db
    .selectFrom('session_member')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('email', '=', email)
    .executeTakeFirst()
}

/** Somebody without an account, in the list of members but none of them. */
export function insertInvited(
  trx: Trx,
  stamp: Stamp,
  invited: { sessionId: string; email: string },
): Promise<MemberRow> {
  return trx
    .insertInto('session_member')
    .values({
      session_id: invited.sessionId,
      user_id: null,
      email: invited.email,
      invite_count: 1,
      role: 'email',
      status: 'inactive',
      created_at: String(stamp),
      v: String(stamp),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Invited once more; `isRevived` when the invitation had been withdrawn, which is a membership change. */
export function inviteAgain(
  trx: Trx,
  stamp: Stamp,
  memberId: string,
  isRevived: boolean,
): Promise<MemberRow> {
  return trx
    .updateTable('session_member')
    .set((eb) => ({
      invite_count: eb('invite_count', '+', 1),
      is_deleted: false,
      ...(isRevived && { created_at: String(stamp) }),
      v: String(stamp),
    }))
    .where('id', '=', memberId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The invited address has an account now: its row becomes the user's, under the same id. */
export function becomeUser(trx: Trx, stamp: Stamp, memberId: string, userId: string): Promise<MemberRow> {
  return trx
    .updateTable('session_member')
    .set({
      user_id: userId,
      email: null,
      role: 'user',
      status: 'active',
      joined_v: String(stamp),
      created_at: String(stamp),
      v: String(stamp),
    })
    .where('id', '=', memberId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export interface NewInvite {
  appId: string
  sessionId: string
  memberId: string
  email: string
  inviterId: string | null
  expiresAt: Stamp
}

/** Puts a mail into the queue, unless one to the same address waits there already. */
export async function queueInvite(trx: Trx, stamp: Stamp, invite: NewInvite): Promise<void> {
  const waiting = await trx
    .selectFrom('invite')
    .select('id')
    .where('member_id', '=', invite.memberId)
    .where('mailed_at', 'is', null)
    .executeTakeFirst()
  if (waiting) return
  await trx
    .insertInto('invite')
    .values({
      app_id: invite.appId,
      session_id: invite.sessionId,
      member_id: invite.memberId,
      email: invite.email,
      inviter_id: invite.inviterId,
      created_at: String(stamp),
      expires_at: String(invite.expiresAt),
    })
    .execute()
}

export function findInviteByKeyHash(db: Db, keyHash: string): Promise<InviteRow | undefined> {
  return db.selectFrom('invite').selectAll().where('key_hash', '=', keyHash).executeTakeFirst()
}

/** Used or withdrawn: no key of this member row opens anything any more, and no mail is written. */
export async function deleteInvites(trx: Trx, memberId: string): Promise<void> {
  await trx.deleteFrom('invite').where('member_id', '=', memberId).execute()
}

/** The session is deleted: no mail invites into it any more. What was mailed already goes when it expires. */
export async function deleteUnsentInvites(trx: Trx, sessionId: string): Promise<void> {
  await trx.deleteFrom('invite').where('session_id', '=', sessionId).where('mailed_at', 'is', null).execute()
}

/** Deletes up to `limit` invitations that nobody can accept any more, mailed or not. Returns how many. */
export async function deleteExpiredInvites(db: Db, now: number, limit: number): Promise<number> {
  const { rows } = await sql`
    delete from invite where id in (
      select id from invite where expires_at <= ${now} limit ${limit} for update skip locked
    ) returning id`.execute(db)
  return rows.length
}

/** A mail that is to be written now, with what it says. */
export interface DueInvite {
  id: string
  email: string
  groupName: string
  inviterName: string | null
  attempts: number
}

/**
 * Takes up to `limit` mails that nobody works on. Whoever dies at it leaves them to be taken again; each try
 * waits longer than the one before.
 */
export async function takeDueInvites(db: Db, limit: number): Promise<DueInvite[]> {
  const { rows } = await sql<DueInvite>`
    -- materialized: joined in place it may run more than once, and take more than the limit
    with due as materialized (
      select waiting.id, s.name as group_name from invite waiting join session s on s.id = waiting.session_id
      where waiting.mailed_at is null and waiting.due_at < clock_timestamp()
        and waiting.expires_at > extract(epoch from clock_timestamp()) * 1000
        -- here and not below: what is taken and not written would be taken again and again, before the others
        and not s.is_deleted
      order by waiting.id limit ${limit}
      for update of waiting skip locked
    )
    update invite i
    set attempts = i.attempts + 1,
      due_at = clock_timestamp() + make_interval(secs => least(30 * 2 ^ i.attempts, 3600))
    from due, invite self left join app_user u on u.id = self.inviter_id
    where i.id = due.id and self.id = i.id
    returning i.id, i.email, due.group_name as "groupName", u.name as "inviterName", i.attempts`.execute(db)
  return rows
}

/** The key that the mail will carry. A mail that is written again carries a new one. */
export async function setInviteKey(db: Db, inviteId: string, keyHash: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('invite')
    .set({ key_hash: keyHash })
    .where('id', '=', inviteId)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

export async function markMailed(db: Db, inviteId: string, at: number): Promise<void> {
  await db
    .updateTable('invite')
    .set({ mailed_at: String(at) })
    .where('id', '=', inviteId)
    .execute()
}
