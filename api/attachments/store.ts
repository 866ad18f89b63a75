import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Trx } from '../database/database.js'
import type { AttachmentTable } from '../database/tables/attachment.js'

export type AttachmentRow = Selectable<AttachmentTable>

export function insertAttachment(db: Db, row: Insertable<AttachmentTable>): Promise<AttachmentRow> {
  return db.insertInto('attachment').values(row).returningAll().executeTakeFirstOrThrow()
}

/** Any number that nobody else uses for advisory locks of two numbers. */
const USAGE_LOCK = 4_011_969

/**
 * Bytes of a user's files, those that are being stored included. Until the transaction ends nobody else counts
 * that user's: what is inserted meanwhile cannot get past a limit together.
 */
export async function lockUsage(trx: Trx, uploaderId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(${USAGE_LOCK}, hashtext(${uploaderId}))`.execute(trx)
  return findUsage(trx, uploaderId)
}

/** The same at this moment, for who may be wrong. */
export async function findUsage(db: Db, uploaderId: string): Promise<number> {
  const { rows } = await sql<{ bytes: string }>`
    select coalesce(sum(size), 0) as bytes from attachment
    where uploader_id = ${uploaderId} and (not is_deleted or is_storing)`.execute(db)
  return Number(rows[0]?.bytes)
}

/** An attachment of the app that is not deleted. */
export function findAttachment(db: Db, appId: string, id: string): Promise<AttachmentRow | undefined> {
  return db
    .selectFrom('attachment')
    .selectAll()
    .where('id', '=', id)
    .where('app_id', '=', appId)
    .where('is_deleted', '=', false)
    .executeTakeFirst()
}

/** The same for somebody who has its key and may be of any app. */
export function findAnyAttachment(db: Db, id: string): Promise<AttachmentRow | undefined> {
  return db
    .selectFrom('attachment')
    .selectAll()
    .where('id', '=', id)
    .where('is_deleted', '=', false)
    .executeTakeFirst()
}

/** Its blobs are kept. False when it was given up meanwhile: then they are not to be there. */
export async function finishStoring(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('attachment')
    .set({ is_deleted: false, is_storing: false, updated_at: String(now) })
    .where('id', '=', id)
    .where('is_storing', '=', true)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Nobody stores it any more, or may: its blobs can go. False when it is not deleted. */
export async function giveUpStoring(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('attachment')
    .set({ is_storing: false })
    .where('id', '=', id)
    .where('is_deleted', '=', true)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Also puts off when the clean-up looks at it (again). */
export async function setDeleted(db: Db, id: string, now: number): Promise<void> {
  await db
    .updateTable('attachment')
    .set({ is_deleted: true, updated_at: String(now) })
    .where('id', '=', id)
    .execute()
}

/** A deleted attachment may have blobs after all: a clean-up looks after them. */
export async function rememberBlob(db: Db, id: string, blob: string): Promise<void> {
  await db
    .updateTable('attachment')
    .set({ blob })
    .where('id', '=', id)
    .where('is_deleted', '=', true)
    .execute()
}

/** The blobs of a deleted attachment are gone. */
export async function forgetBlob(db: Db, id: string): Promise<void> {
  await db
    .updateTable('attachment')
    .set({ blob: null, thumbnail_size: null })
    .where('id', '=', id)
    .where('is_deleted', '=', true)
    .execute()
}

/** Deleted attachments, quiet since `before` (ms), whose blobs are still there. */
export function findLeftovers(db: Db, before: number, limit: number): Promise<AttachmentRow[]> {
  return db
    .selectFrom('attachment')
    .selectAll()
    .where('is_deleted', '=', true)
    .where('blob', 'is not', null)
    .where('updated_at', '<=', String(before))
    .orderBy('updated_at')
    .limit(limit)
    .execute()
}

/**
 * From `attachment_reference r`: the session is there. That the message is and still shows the attachment needs
 * no look: `shareAttachments` keeps no other references.
 */
const STILL_SHOWN = sql`join session s on s.id = r.session_id and not s.is_deleted`

/** A message shows it that `user` may see: a member every one, a removed member those before the removal. */
function isShownTo(user: RawBuilder<unknown>, attachment: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from attachment_reference r ${STILL_SHOWN}
    join session_member me on me.session_id = r.session_id and me.user_id = ${user}
      and ((not me.is_deleted and me.status = 'active') or r.created_at < me.created_at)
    where r.attachment_id = ${attachment}
  )`
}

export async function isShared(db: Db, attachmentId: string, userId: string): Promise<boolean> {
  const { rows } = await sql<{ shared: boolean }>`
    select ${isShownTo(sql`${userId}::bigint`, sql`${attachmentId}::bigint`)} as shared`.execute(db)
  return rows[0]?.shared ?? false
}

/** A message that names an attachment. `actorId` null: an administrator, who may read everything. */
export interface Reference {
  sessionId: string
  messageId: string
  actorId: string | null
  attachmentId: string
}

/** Remembers those references whose actor may read what the message names. The others count for nothing. */
export async function insertReferences(
  trx: Trx,
  stamp: number,
  appId: string,
  references: Reference[],
): Promise<void> {
  await sql`
    insert into attachment_reference (attachment_id, session_id, message_id, created_at)
    select a.id, named.session_id, named.message_id, ${stamp}
    from unnest(
      ${references.map((each) => each.sessionId)}::bigint[],
      ${references.map((each) => each.messageId)}::bigint[],
      ${references.map((each) => each.actorId)}::bigint[],
      ${references.map((each) => each.attachmentId)}::bigint[]
    ) as named (session_id, message_id, actor_id, attachment_id)
    join attachment a on a.id = named.attachment_id and a.app_id = ${appId} and not a.is_deleted
    where named.actor_id is null or a.uploader_id = named.actor_id or ${isShownTo(sql`named.actor_id`, sql`a.id`)}
    -- waits for a clean-up that is at it, and then sees what became of it
    for key share of a
    on conflict do nothing`.execute(trx)
}

/** Forgets references of messages that name the attachment no more. */
export async function deleteReferences(trx: Trx, references: Omit<Reference, 'actorId'>[]): Promise<void> {
  await sql`
    delete from attachment_reference r
    using unnest(
      ${references.map((each) => each.attachmentId)}::bigint[],
      ${references.map((each) => each.sessionId)}::bigint[],
      ${references.map((each) => each.messageId)}::bigint[]
    ) as stale (attachment_id, session_id, message_id)
    where r.attachment_id = stale.attachment_id and r.session_id = stale.session_id
      and r.message_id = stale.message_id`.execute(trx)
}

/** Locks attachments whose time to be looked at has come, leaving those that are just being sent. */
export async function lockDue(trx: Trx, now: number, limit: number): Promise<string[]> {
  const rows = await trx
    .selectFrom('attachment')
    .select('id')
    .where('is_deleted', '=', false)
    .where('check_after', '<=', String(now))
    .orderBy('check_after')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Of these attachments, deletes those that nothing shows, and puts the others off until `checkAfter`. Call it
 * after `lockDue`, in a statement of its own: it must see what was committed before the lock.
 */
export async function deleteUnused(
  trx: Trx,
  ids: string[],
  times: { now: number; checkAfter: number },
): Promise<number> {
  const inUse = sql<boolean>`(
    exists (select from attachment_reference r ${STILL_SHOWN} where r.attachment_id = a.id)
    or exists (select from app_user u where u.avatar_url like '%attachments/%'
      and substring(u.avatar_url from 'attachments/([0-9]+)/') = a.id::text and u.app_id = a.app_id)
    or exists (select from session g where g.avatar_url like '%attachments/%'
      and substring(g.avatar_url from 'attachments/([0-9]+)/') = a.id::text and g.app_id = a.app_id)
    -- shown to who was removed while the session had it
    or exists (select from conversation c join session g on g.id = c.session_id
      where c.left_avatar_url like '%attachments/%'
      and substring(c.left_avatar_url from 'attachments/([0-9]+)/') = a.id::text and g.app_id = a.app_id)
    -- shown to who was removed from a group of its user's before he took another
    or exists (select from app_user_past p
      join session_member his on his.user_id = p.id
      join session g on g.id = his.session_id and g.app_id = a.app_id and not g.is_deleted
      join session_member me on me.session_id = g.id and (me.is_deleted or me.status <> 'active')
      where p.avatar_url like '%attachments/%'
      and substring(p.avatar_url from 'attachments/([0-9]+)/') = a.id::text
      and p.v <= me.created_at
      and not exists (select from app_user_past later
        where later.id = p.id and later.v > p.v and later.v <= me.created_at)
      and not exists (select from app_user u where u.id = p.id and u.v <= me.created_at))
    or exists (select from favourite f where f.avatar_url like '%attachments/%' and not f.is_deleted
      and substring(f.avatar_url from 'attachments/([0-9]+)/') = a.id::text)
    or exists (select from emoji e where e.url like '%attachments/%' and not e.is_deleted
      and substring(e.url from 'attachments/([0-9]+)/') = a.id::text and e.app_id = a.app_id)
  )`
  const { rows } = await sql<{ is_deleted: boolean }>`
    update attachment a set
      is_deleted = not used.yes,
      check_after = ${times.checkAfter},
      updated_at = case when used.yes then a.updated_at else ${times.now} end
    from (select a.id, ${inUse} as yes from attachment a where a.id = any(${ids}::bigint[])) used
    where a.id = used.id
    returning a.is_deleted`.execute(trx)
  return rows.filter((row) => row.is_deleted).length
}
